package playground

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Context and ViewerContext are the contexts of the kubeconfig: one that may do everything, one that may look only.
const (
	Context       = "playground"
	ViewerContext = "playground-viewer"
)

func (p *Playground) etcd() *process {
	client := fmt.Sprintf("http://127.0.0.1:%d", p.ports.EtcdClient)
	peer := fmt.Sprintf("http://127.0.0.1:%d", p.ports.EtcdPeer)
	return p.component("etcd", "server", "--name", "playground", "--data-dir", filepath.Join(p.dir, "etcd"),
		"--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
		"--initial-advertise-peer-urls", peer, "--initial-cluster", "playground="+peer, "--unsafe-no-fsync", "--log-level", "error")
}

func (p *Playground) apiserver() *process {
	return p.component("kube-apiserver", "kube-apiserver",
		fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", p.ports.EtcdClient), fmt.Sprintf("--secure-port=%d", p.ports.API),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--cert-dir="+filepath.Join(p.dir, "certs"),
		"--service-account-key-file="+p.file("sa.key"), "--service-account-signing-key-file="+p.file("sa.key"),
		"--service-account-issuer=https://kubernetes.default.svc", "--token-auth-file="+p.file("tokens.csv"),
		"--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none",
		"--allow-privileged=true", "--enable-aggregator-routing=false", "--kubelet-certificate-authority=",
	)
}

func (p *Playground) controllers() *process {
	return p.component("kube-controller-manager", "kube-controller-manager", "--kubeconfig="+p.Kubeconfig(),
		"--service-account-private-key-file="+p.file("sa.key"), "--use-service-account-credentials=false", "--leader-elect=false",
		"--secure-port=0", "--kube-api-qps=500", "--kube-api-burst=1000")
}

func (p *Playground) scheduler() *process {
	return p.component("kube-scheduler", "kube-scheduler", "--kubeconfig="+p.Kubeconfig(), "--leader-elect=false",
		"--secure-port=0", "--kube-api-qps=500", "--kube-api-burst=1000")
}

func (p *Playground) kwok() *process {
	return p.component("kwok", "kwok", "--kubeconfig="+p.Kubeconfig(), "--manage-all-nodes=true",
		"--node-lease-duration-seconds=40", "--node-ip=127.0.0.1", "--config="+p.file("kwok.yaml"),
		fmt.Sprintf("--server-address=127.0.0.1:%d", p.ports.Kubelet), fmt.Sprintf("--node-port=%d", p.ports.Kubelet),
		"--tls-cert-file="+filepath.Join(p.dir, "certs", "apiserver.crt"), "--tls-private-key-file="+filepath.Join(p.dir, "certs", "apiserver.key"))
}

func (p *Playground) component(name, program string, args ...string) *process {
	c := &process{name: name, path: filepath.Join(p.bin, program), args: args, log: logFile(p.dir, name)}
	p.mu.Lock()
	p.components[name] = c
	p.mu.Unlock()
	return c
}

func (p *Playground) file(name string) string { return filepath.Join(p.dir, name) }

// prepare writes the keys and tokens that the control plane starts with; a second start keeps them.
func (p *Playground) prepare() error {
	for _, d := range []string{"", "logs", "certs", "etcd"} {
		if err := os.MkdirAll(p.file(d), 0o700); err != nil {
			return fmt.Errorf("make folder %s: %w", p.file(d), err)
		}
	}
	if _, err := os.Stat(p.file("sa.key")); errors.Is(err, os.ErrNotExist) {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return fmt.Errorf("make service account key: %w", err)
		}
		block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
		if err := os.WriteFile(p.file("sa.key"), block, 0o600); err != nil {
			return fmt.Errorf("write service account key: %w", err)
		}
	}
	tokens := []string{rand.Text(), rand.Text()}
	if b, err := os.ReadFile(p.file("tokens.csv")); err == nil {
		for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
			tokens[i], _, _ = strings.Cut(line, ",")
		}
	}
	p.adminToken, p.viewerToken = tokens[0], tokens[1]
	csv := p.adminToken + ",admin,admin,\"system:masters\"\n" + p.viewerToken + ",viewer,viewer,\"viewers\"\n"
	if err := os.WriteFile(p.file("tokens.csv"), []byte(csv), 0o600); err != nil {
		return fmt.Errorf("write tokens: %w", err)
	}
	return nil
}

// writeKubeconfig writes the kubeconfig when the API server has made its certificate.
func (p *Playground) writeKubeconfig() error {
	ca, err := os.ReadFile(filepath.Join(p.dir, "certs", "apiserver.crt"))
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	c := clientcmdapi.NewConfig()
	c.Clusters[Context] = &clientcmdapi.Cluster{
		Server: fmt.Sprintf("https://127.0.0.1:%d", p.ports.API), CertificateAuthorityData: ca,
	}
	for name, token := range map[string]string{Context: p.adminToken, ViewerContext: p.viewerToken} {
		c.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: token}
		c.Contexts[name] = &clientcmdapi.Context{Cluster: Context, AuthInfo: name}
	}
	c.CurrentContext = Context
	if err := clientcmd.WriteToFile(*c, p.Kubeconfig()); err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	return nil
}

// ready asks the API server whether it is.
func (p *Playground) ready(ctx context.Context) error {
	if err := p.writeKubeconfig(); err != nil {
		return err
	}
	client, err := p.Client()
	if err != nil {
		return err
	}
	return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

// etcdReady asks etcd whether it is.
func (p *Playground) etcdReady(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/readyz", p.ports.EtcdClient), nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Timeout: time.Second}).Do(req)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("etcd answers %s", resp.Status)
	}
	return nil
}

// Config returns the administrator's client configuration.
func (p *Playground) Config() (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", p.Kubeconfig())
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	config.QPS = -1
	return config, nil
}

// Client returns an administrator's client.
func (p *Playground) Client() (kubernetes.Interface, error) {
	config, err := p.Config()
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}
