package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// bench is a playground with what is measured on it.
type bench struct {
	options
	play   *playground.Playground
	dir    string
	config *rest.Config
	api    kubernetes.Interface
	table  table
}

// start begins a playground in a folder of its own.
func start(ctx context.Context, o options) (*bench, error) {
	b := &bench{options: o}
	var err error
	if b.dir, err = os.MkdirTemp("", "wheelhouse-bench-*"); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	b.play, err = playground.Start(ctx, playground.Options{Dir: filepath.Join(b.dir, "playground"), Log: io.Discard})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start playground: %w", err), b.close())
	}
	if b.config, err = b.play.Config(); err == nil {
		b.api, err = kubernetes.NewForConfig(b.config)
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// close ends the playground and removes the folder.
func (b *bench) close() error {
	if b.play != nil {
		b.play.Stop()
	}
	return os.RemoveAll(b.dir)
}

// note tells how far the measuring is.
func (b *bench) note(format string, args ...any) { fmt.Fprintf(b.log, "   "+format+"\n", args...) }

// namespace makes a namespace.
func (b *bench) namespace(ctx context.Context, name string) error {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := b.api.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{})
	return err
}

// alone stops the controllers: they would answer the writes that are measured with writes of their own. The function that it
// returns brings them back.
func (b *bench) alone() (again func(context.Context) error, err error) {
	controllers := []string{"kube-controller-manager", "kube-scheduler", "kwok"}
	for _, c := range controllers {
		err = errors.Join(err, b.play.Kill(c))
	}
	return func(ctx context.Context) error {
		var err error
		for _, c := range controllers {
			err = errors.Join(err, b.play.Restart(ctx, c))
		}
		return err
	}, err
}

// until waits until something is as it should be.
func until(ctx context.Context, what string, ready func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		ok, err := ready()
		if ok && err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("wait for %s: %w", what, ctx.Err()), err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}
