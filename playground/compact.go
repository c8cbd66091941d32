package playground

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Compact has etcd forget how its objects came to be what they are, as the API server has it do every five minutes. What a watch tells
// from an earlier version is then known only to an API server that has been there since.
func (p *Playground) Compact(ctx context.Context) error {
	var newest struct {
		Header struct {
			Revision string `json:"revision"`
		} `json:"header"`
	}
	// Any key tells the newest revision.
	if err := p.askEtcd(ctx, "range", map[string]any{"key": []byte{0}}, &newest); err != nil {
		return err
	}
	return p.askEtcd(ctx, "compaction", map[string]any{"revision": newest.Header.Revision, "physical": true}, &struct{}{})
}

// askEtcd asks etcd by its gateway for JSON.
func (p *Playground) askEtcd(ctx context.Context, what string, question, answer any) error {
	text, err := json.Marshal(question)
	if err != nil {
		return err
	}
	url := fmt.Sprintf("http://127.0.0.1:%d/v3/kv/%s", p.ports.EtcdClient, what)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("etcd answers %s: %s", resp.Status, body)
	}
	return json.Unmarshal(body, answer)
}
