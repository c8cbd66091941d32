package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// errNoPods is a kind of not found.
var errNoPods = fmt.Errorf("no Pods: %w", app.ErrNotFound)

// printLogs prints the logs of a Pod's containers; with several Pods each line says whose it is.
func printLogs(ctx context.Context, env *Env, k app.Key, pod engine.TreeNode, req object.LogRequest, prefix bool) error {
	req.Namespace, req.Pod = pod.Ref.Namespace, pod.Ref.Name
	containers := []string{req.Container}
	if req.Container == "" {
		containers = containerNames(pod.Object)
	}
	for _, c := range containers {
		if env.unread() {
			return nil
		}
		req.Container = c
		log, err := env.Engine.Logs(ctx, k, req)
		if err != nil {
			return err
		}
		s := bufio.NewScanner(log)
		s.Buffer(make([]byte, 64<<10), 1<<20)
		for !env.unread() && s.Scan() {
			whose := ""
			if prefix || len(containers) > 1 {
				whose = pod.Ref.Name + "/" + c + ": "
			}
			if _, err := fmt.Fprintln(env.Out, whose+strings.ToValidUTF8(s.Text(), "?")); err != nil {
				return errors.Join(fmt.Errorf("print log of %s: %w", pod.Ref, err), log.Close())
			}
		}
		if err := errors.Join(s.Err(), log.Close()); err != nil {
			return fmt.Errorf("read log of %s: %w", pod.Ref, err)
		}
	}
	return nil
}

func containerNames(pod *unstructured.Unstructured) []string {
	if pod == nil {
		return []string{""}
	}
	list, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
	var out []string
	for _, c := range list {
		if m, ok := c.(map[string]any); ok {
			if name, ok := m["name"].(string); ok {
				out = append(out, name)
			}
		}
	}
	return out
}
