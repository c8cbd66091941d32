package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ociserver "github.com/google/go-containerregistry/pkg/registry"
	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/registry"
	"helm.sh/helm/v3/pkg/repo"
	"oras.land/oras-go/v2/registry/remote/auth"
)

// The login of the servers of charts. The password must be seen nowhere.
const (
	chartUser     = "mira"
	chartPassword = "canary-of-the-chart-servers"
)

// door is a server on loopback that asks for the password.
type door struct {
	*httptest.Server
	// ca is the file with the CA of its certificate, empty without TLS.
	ca string
}

func newDoor(t *testing.T, secure bool, inner http.Handler) *door {
	t.Helper()
	d := &door{Server: httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != chartUser || password != chartPassword {
			w.Header().Set("WWW-Authenticate", `Basic realm="charts"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	}))}
	d.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(d.Close)
	if !secure {
		d.Start()
		return d
	}
	ca, pair := certificate(t)
	d.ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(d.ca, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	d.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	d.StartTLS()
	return d
}

// host is where the server listens.
func (d *door) host() string { return d.Listener.Addr().String() }

// login are the flags by which the server is registered.
func (d *door) login() []string {
	flags := []string{"--username", chartUser, "--password", chartPassword}
	if d.ca != "" {
		flags = append(flags, "--ca-path", d.ca)
	}
	return flags
}

// trusting is a client that trusts the server's certificate.
func (d *door) trusting(t *testing.T) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	b, err := os.ReadFile(d.ca)
	if err != nil || !pool.AppendCertsFromPEM(b) {
		t.Fatalf("read CA: %v", err)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
}

// certificate is a CA of its own as PEM, and a server certificate for loopback of it.
func certificate(t *testing.T) ([]byte, tls.Certificate) {
	t.Helper()
	keys := make([]*ecdsa.PrivateKey, 2)
	for i := range keys {
		var err error
		if keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Charts CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, &keys[0].PublicKey, keys[0])
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		KeyUsage: x509.KeyUsageDigitalSignature, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
	}
	own, err := x509.CreateCertificate(rand.Reader, leaf, ca, &keys[1].PublicKey, keys[0])
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), tls.Certificate{Certificate: [][]byte{own}, PrivateKey: keys[1]}
}

// webChart packages a version of the chart web: a Deployment whose replicas are a value, and a ConfigMap that tells the
// version. It returns the archive's file.
func webChart(t *testing.T, folder, version string) string {
	t.Helper()
	c := &helmchart.Chart{
		Metadata: &helmchart.Metadata{APIVersion: "v2", Name: "web", Version: version, AppVersion: "9.4", Description: "A web server"},
		Raw:      []*helmchart.File{{Name: "values.yaml", Data: []byte("replicas: 1\n")}},
		Templates: []*helmchart.File{
			{Name: "templates/web.yaml", Data: []byte(strings.Replace(deployment("web", 1), "replicas: 1", "replicas: {{ .Values.replicas }}", 1))},
			{Name: "templates/version.yaml", Data: []byte(configMap("version", "{{ .Chart.Version | quote }}"))},
		},
	}
	c.Values = map[string]any{"replicas": 1}
	file, err := chartutil.Save(c, folder)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// chartServer publishes versions of the chart web.
type chartServer interface {
	publish(t *testing.T, version string)
}

// helmRepository is a folder with charts and Helm's index of them, behind a door.
type helmRepository struct {
	*door
	dir string
}

func newHelmRepository(t *testing.T, secure bool) *helmRepository {
	t.Helper()
	dir := t.TempDir()
	return &helmRepository{newDoor(t, secure, http.StripPrefix("/charts/", http.FileServer(http.Dir(dir)))), dir}
}

func (r *helmRepository) url() string { return r.URL + "/charts" }

func (r *helmRepository) publish(t *testing.T, version string) {
	t.Helper()
	webChart(t, r.dir, version)
	index, err := repo.IndexDirectory(r.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	index.SortEntries()
	if err := index.WriteFile(filepath.Join(r.dir, "index.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ociRegistry is a registry behind a door.
type ociRegistry struct{ *door }

func newOCIRegistry(t *testing.T) *ociRegistry {
	t.Helper()
	return &ociRegistry{newDoor(t, true, ociserver.New(ociserver.Logger(log.New(io.Discard, "", 0))))}
}

// oras is a client that knows the password.
func (r *ociRegistry) oras(t *testing.T) *auth.Client {
	t.Helper()
	return &auth.Client{
		Client: r.trusting(t), Credential: auth.StaticCredential(r.host(), auth.Credential{Username: chartUser, Password: chartPassword}),
	}
}

func (r *ociRegistry) publish(t *testing.T, version string) {
	t.Helper()
	b, err := os.ReadFile(webChart(t, t.TempDir(), version))
	if err != nil {
		t.Fatal(err)
	}
	client, err := registry.NewClient(registry.ClientOptBasicAuth(chartUser, chartPassword), registry.ClientOptWriter(io.Discard),
		registry.ClientOptHTTPClient(r.trusting(t)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Push(b, fmt.Sprintf("%s/shop/web:%s", r.host(), version)); err != nil {
		t.Fatal(err)
	}
}

// ears keeps all that runs of the program said, to look for the password in it.
type ears struct {
	*program
	said bytes.Buffer
}

func (e *ears) hear(r result) result {
	e.said.WriteString(r.out + r.err)
	return r
}

func (e *ears) must(args ...string) string {
	e.t.Helper()
	return e.hear(e.expect(0, args...)).out
}

// kept fails the test when the password was said, or is in a file that is not made for it.
func (e *ears) kept() {
	e.t.Helper()
	if strings.Contains(e.said.String(), chartPassword) {
		e.t.Errorf("the password was said:\n%s", e.said.String())
	}
	for _, folder := range []string{e.store, e.env["HOME"]} {
		err := filepath.WalkDir(folder, func(name string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || filepath.Base(name) == "repositories.yaml" {
				return err
			}
			b, err := os.ReadFile(name)
			if bytes.Contains(b, []byte(chartPassword)) {
				e.t.Errorf("the password is in %s", name)
			}
			return err
		})
		if err != nil {
			e.t.Error(err)
		}
	}
}
