package repository

import (
	"context"
	"fmt"
	"hash/fnv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Argo CD changes and deletes the Secrets that carry this annotation, and leaves alone those that somebody applied.
const (
	annotationManaged = "managed-by"
	managedByArgo     = "argocd.argoproj.io"
)

// mostAttempts bounds how often a write is tried that others' writes overtake.
const mostAttempts = 10

// Put keeps a login: in the Secrets of its URL when there are some, else in a new one.
func (s *Secrets) Put(ctx context.Context, l app.RepositoryLogin) error {
	return s.change(ctx, func(ctx context.Context, cluster Cluster) error {
		same, err := s.of(ctx, cluster, l.URL)
		if err != nil {
			return err
		}
		if len(same) == 0 {
			return s.create(ctx, cluster, l)
		}
		for i := range same {
			if same[i].Data == nil {
				same[i].Data = map[string][]byte{}
			}
			write(same[i].Data, l)
			if err := s.update(ctx, cluster, &same[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Remove forgets a URL; app.ErrNotFound when there is no Secret of it. One that somebody applied stays, without the label.
func (s *Secrets) Remove(ctx context.Context, url string) error {
	return s.change(ctx, func(ctx context.Context, cluster Cluster) error {
		same, err := s.of(ctx, cluster, url)
		if err == nil && len(same) == 0 {
			err = app.ErrNotFound
		}
		if err != nil {
			return err
		}
		for i := range same {
			if err := s.forget(ctx, cluster, &same[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Secrets) forget(ctx context.Context, cluster Cluster, secret *corev1.Secret) error {
	if secret.Annotations[annotationManaged] != managedByArgo {
		delete(secret.Labels, labelType)
		return s.update(ctx, cluster, secret)
	}
	o := metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &secret.UID, ResourceVersion: &secret.ResourceVersion}}
	err := cluster.Client().CoreV1().Secrets(s.place.Namespace).Delete(ctx, secret.Name, o)
	if err != nil {
		return s.failed(cluster, "delete", "Secret "+secret.Name, err)
	}
	return nil
}

// change does something until nobody else's write comes between.
func (s *Secrets) change(ctx context.Context, do func(context.Context, Cluster) error) error {
	cluster, err := s.place.Open()
	if err != nil {
		return fmt.Errorf("write logins in %s: %w", s.place, err)
	}
	for range mostAttempts {
		err = do(ctx, cluster)
		if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err) {
			break
		}
	}
	s.changed()
	return err
}

// of returns the Secrets of a URL: those of repositories, or else those of templates.
func (s *Secrets) of(ctx context.Context, cluster Cluster, url string) ([]corev1.Secret, error) {
	all, err := s.list(ctx, cluster)
	if err != nil {
		return nil, err
	}
	var repositories, templates []corev1.Secret
	for i := range all {
		l := loginOf(&all[i]).WithoutSecrets()
		switch {
		case !app.SameRepository(l.URL, url):
		case l.Template:
			templates = append(templates, all[i])
		default:
			repositories = append(repositories, all[i])
		}
	}
	if len(repositories) > 0 {
		return repositories, nil
	}
	return templates, nil
}

func (s *Secrets) create(ctx context.Context, cluster Cluster, l app.RepositoryLogin) error {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: secretName(l.URL), Labels: map[string]string{labelType: typeRepository},
			Annotations: map[string]string{annotationManaged: managedByArgo},
		},
		Type: corev1.SecretTypeOpaque, Data: map[string][]byte{},
	}
	write(secret.Data, l)
	_, err := cluster.Client().CoreV1().Secrets(s.place.Namespace).Create(ctx, secret, metav1.CreateOptions{FieldManager: object.FieldManager})
	switch {
	case apierrors.IsAlreadyExists(err):
		return hint.With(s.failed(cluster, "create", "Secret "+secret.Name, err), "it is none of this URL; delete it, or give it the label "+labelType)
	case err != nil:
		return s.failed(cluster, "create", "Secret "+secret.Name, err)
	}
	return nil
}

func (s *Secrets) update(ctx context.Context, cluster Cluster, secret *corev1.Secret) error {
	_, err := cluster.Client().CoreV1().Secrets(s.place.Namespace).Update(ctx, secret, metav1.UpdateOptions{FieldManager: object.FieldManager})
	if err != nil {
		return s.failed(cluster, "update", "Secret "+secret.Name, err)
	}
	return nil
}

// secretName is the name that Argo CD gives the Secret of a URL, so that both find the same one.
func secretName(url string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(url))
	return fmt.Sprintf("repo-%d", h.Sum32())
}
