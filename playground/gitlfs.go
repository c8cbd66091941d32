package playground

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// largeType is the media type of Git LFS's batch API.
const largeType = "application/vnd.git-lfs+json"

// mostLarge bounds an object that is pushed, in bytes.
const mostLarge = 1 << 30

// largeServer serves what is kept in Git LFS, for the repositories of a folder: in each of them, as git-lfs would keep it in a
// bare repository. Other requests go on to git.
type largeServer struct {
	root, prefix string
	git          http.Handler
}

// ServeHTTP implements http.Handler.
func (s largeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, at, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, s.prefix+"/"), ".git/info/lfs/objects/")
	if !ok {
		s.git.ServeHTTP(w, r)
		return
	}
	dir := filepath.Join(s.root, name+".git")
	if _, err := os.Stat(dir); err != nil || strings.ContainsAny(name, `/\`) {
		http.NotFound(w, r)
		return
	}
	if at == "batch" && r.Method == http.MethodPost {
		s.batch(w, r, dir)
		return
	}
	if sum, err := hex.DecodeString(at); err != nil || len(sum) != sha256.Size {
		http.NotFound(w, r)
		return
	}
	switch r.Method {
	case http.MethodGet:
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeFile(w, r, largePath(dir, at))
	case http.MethodPut:
		if err := keepLarge(dir, at, http.MaxBytesReader(w, r.Body, mostLarge)); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		}
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func largePath(dir, oid string) string {
	return filepath.Join(dir, "lfs", "objects", oid[:2], oid[2:4], oid)
}

// largeObject is one object in a question and in its answer.
type largeObject struct {
	OID     string                 `json:"oid"`
	Size    int64                  `json:"size"`
	Actions map[string]largeAction `json:"actions,omitempty"`
	Error   *largeFault            `json:"error,omitempty"`
}

type largeAction struct {
	Href   string            `json:"href"`
	Header map[string]string `json:"header,omitempty"`
}

type largeFault struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// batch says where objects are had and where they are put.
func (s largeServer) batch(w http.ResponseWriter, r *http.Request, dir string) {
	var q struct {
		Operation string        `json:"operation"`
		Objects   []largeObject `json:"objects"`
	}
	w.Header().Set("Content-Type", largeType)
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.Operation != "download" && q.Operation != "upload" {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_ = json.NewEncoder(w).Encode(largeFault{Message: "this is no question after objects"})
		return
	}
	for i := range q.Objects {
		q.Objects[i] = s.answer(r, dir, q.Operation, q.Objects[i])
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"transfer": "basic", "objects": q.Objects})
}

func (s largeServer) answer(r *http.Request, dir, operation string, o largeObject) largeObject {
	if sum, err := hex.DecodeString(o.OID); err != nil || len(sum) != sha256.Size {
		o.Error = &largeFault{http.StatusUnprocessableEntity, "this is no SHA-256"}
		return o
	}
	info, err := os.Stat(largePath(dir, o.OID))
	there := err == nil && info.Size() == o.Size
	switch {
	case operation == "download" && !there:
		o.Error = &largeFault{http.StatusNotFound, "nobody has pushed it"}
	case operation == "download", !there:
		a := largeAction{Href: "http://" + r.Host + strings.TrimSuffix(r.URL.Path, "batch") + o.OID}
		if login := r.Header.Get("Authorization"); login != "" {
			a.Header = map[string]string{"Authorization": login}
		}
		o.Actions = map[string]largeAction{operation: a}
	}
	return o
}

// keepLarge keeps an object, which appears as a whole and only if it is what its name says.
func keepLarge(dir, oid string, from io.Reader) (err error) {
	path := largePath(dir, oid)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, sum), from)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != oid {
		return fmt.Errorf("it is not %s", oid)
	}
	return os.Rename(file.Name(), path)
}
