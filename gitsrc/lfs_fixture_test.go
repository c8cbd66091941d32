package gitsrc_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
)

// largeFiles is an LFS server: the batch API, and its own downloads.
type largeFiles struct {
	mu      sync.Mutex
	objects map[string][]byte
	seen    []largeRequest
	// answer makes another batch answer than the ordinary one, status 0 is 200; nil changes nothing.
	answer func(r *http.Request, oid string) (status int, body any)
	// href is where downloads are, instead of the server itself, and header is what they want to be shown.
	href   string
	header map[string]string
	// download sees each download first; true is that it has answered.
	download func(w http.ResponseWriter, r *http.Request) bool
}

// largeRequest is one request that an LFS server got.
type largeRequest struct {
	act, path     string
	authorization string
	token         string
	accept        string
}

func newLargeFiles() *largeFiles { return &largeFiles{objects: map[string][]byte{}} }

// put keeps content and returns its pointer.
func (l *largeFiles) put(content string) (pointer, oid string) {
	pointer, oid = pointerTo(content)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.objects[oid] = []byte(content)
	return pointer, oid
}

// pointerTo is the pointer to content that nobody keeps.
func pointerTo(content string) (pointer, oid string) {
	sum := sha256.Sum256([]byte(content))
	oid = hex.EncodeToString(sum[:])
	return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, len(content)), oid
}

// ServeHTTP implements http.Handler.
func (l *largeFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	batch := strings.HasSuffix(r.URL.Path, "/objects/batch")
	act := "download"
	if batch {
		act = "batch"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, largeRequest{act, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("X-Token"), r.Header.Get("Accept")})
	if batch {
		l.batch(w, r)
		return
	}
	data, ok := l.objects[path.Base(r.URL.Path)]
	switch {
	case l.download != nil && l.download(w, r):
	case !ok:
		http.NotFound(w, r)
	default:
		_, _ = w.Write(data)
	}
}

func (l *largeFiles) batch(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Operation string `json:"operation"`
		Objects   []struct {
			OID  string `json:"oid"`
			Size int64  `json:"size"`
		} `json:"objects"`
	}
	if r.Header.Get("Accept") != "application/vnd.git-lfs+json" || r.Method != http.MethodPost {
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Operation != "download" || len(asked.Objects) != 1 {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	oid := asked.Objects[0].OID
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	href := l.href
	if href == "" {
		href = scheme + "://" + r.Host + strings.TrimSuffix(r.URL.Path, "/batch")
	}
	status, body := http.StatusOK, any(objects(map[string]any{
		"oid": oid, "size": asked.Objects[0].Size, "actions": map[string]any{"download": map[string]any{"href": href + "/" + oid, "header": l.header}},
	}))
	if data, ok := l.objects[oid]; !ok || int64(len(data)) != asked.Objects[0].Size {
		body = objects(map[string]any{"oid": oid, "error": map[string]any{"code": 404, "message": "Object does not exist"}})
	}
	if l.answer != nil {
		status, body = l.answer(r, oid)
	}
	w.Header().Set("Content-Type", "application/vnd.git-lfs+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// objects is a batch answer about one object.
func objects(o map[string]any) map[string]any {
	return map[string]any{"transfer": "basic", "objects": []any{o}}
}

// requests returns what the server was asked, by act.
func (l *largeFiles) requests(act string) []largeRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []largeRequest
	for _, r := range l.seen {
		if r.act == act {
			out = append(out, r)
		}
	}
	return out
}

// asked fails unless the server got so many batches and downloads.
func (l *largeFiles) asked(t *testing.T, batches, downloads int) {
	t.Helper()
	if b, d := len(l.requests("batch")), len(l.requests("download")); b != batches || d != downloads {
		t.Errorf("the LFS server got %d batches and %d downloads, want %d and %d", b, d, batches, downloads)
	}
}
