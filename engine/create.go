package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// errWentAgain is the end of an attempt that found an object in its way which is not there any more.
var errWentAgain = errors.New("it comes and goes")

// create makes an object that the plan did not find. The server refuses it when the object is there by then, whoever made it:
// after an attempt without an answer that may be ourselves.
func (op *operation) create(ctx context.Context, s *plan.Step) (string, error) {
	if err := op.appeared(ctx, s); err != nil {
		return "", err
	}
	var open error // why it is not known whether it was made
	for range writeTries {
		said, err := op.createOnce(ctx, s)
		switch {
		case unknown(err):
			open = err
			if err := op.outlast(ctx, err); err != nil {
				return "", fateOf(err)
			}
		case errors.Is(err, errWentAgain):
		case err == nil && open != nil && said == adoptedOwn:
			return "created", nil
		default:
			return said, err
		}
	}
	if open != nil {
		return "", undecided(open, nil, false)
	}
	return "", fmt.Errorf("%w: it comes and goes faster than it can be made", ErrMoved)
}

// createOnce makes an object that is not there, or adopts what is.
func (op *operation) createOnce(ctx context.Context, s *plan.Step) (string, error) {
	epoch := op.epoch(ctx, s.Desired)
	answer, err := op.applyNew(ctx, s, "")
	if err == nil {
		op.learn(s.Desired, answer, epoch)
		return "created", nil
	}
	if !apierrors.IsConflict(err) || diff.HeldByOthers(err) {
		return "", madeMeanwhile(err)
	}
	live, readErr := op.read(ctx, s.Ref)
	switch {
	case errors.Is(readErr, app.ErrNotFound):
		return "", errWentAgain // or the conflict is about something else, such as a quota
	case readErr != nil:
		return "", errors.Join(err, readErr)
	}
	return op.adopt(ctx, s, live)
}

// adoptedOwn is said of an object that nobody else has written to.
const adoptedOwn = "adopted: it was made in the meantime"

// adopt takes an object that appeared since the plan, if it is nobody's and has no other values than ours.
func (op *operation) adopt(ctx context.Context, s *plan.Step, live *unstructured.Unstructured) (string, error) {
	if mark, foreign := object.Foreign(live, op.plan.App.Tracking(), op.engine.ports.Store.Installation()); foreign {
		return "", hint.With(fmt.Errorf("%w: the application %s made it in the meantime", ErrMoved, mark.App), lookAgain)
	}
	epoch := op.epoch(ctx, s.Desired)
	answer, err := op.applyNew(ctx, s, live.GetResourceVersion())
	if err != nil {
		return "", madeMeanwhile(err)
	}
	op.learn(s.Desired, answer, epoch)
	made, err := answer.Made()
	if err != nil {
		return "", err
	}
	if others := othersOf(made); len(others) > 0 {
		return fmt.Sprintf("adopted: %s made it in the meantime", others[0]), nil
	}
	return adoptedOwn, nil
}

// applyNew applies the object of a creation without force, over one version of it where a version is given.
func (op *operation) applyNew(ctx context.Context, s *plan.Step, version string) (object.Answer, error) {
	req := object.ApplyRequest{Object: s.Desired, New: version == "", DryRun: op.plan.Options.DryRun, Lenient: s.Lenient, NoForce: true, Unread: true}
	if version != "" {
		req.Object = object.At(s.Desired, "", version)
	}
	var answer object.Answer
	err := op.write(ctx, func(ctx context.Context) (err error) {
		answer, err = op.cluster.Apply(ctx, req)
		return err
	})
	return answer, err
}

// madeMeanwhile says so where a creation fails for the values of others.
func madeMeanwhile(err error) error {
	if !apierrors.IsConflict(err) {
		return err
	}
	return hint.With(fmt.Errorf("%w: somebody made it in the meantime: %s", ErrMoved, serverWords(err)), lookAgain)
}

// othersOf names the field managers of an object that are not this program.
func othersOf(u *unstructured.Unstructured) []string {
	return slices.DeleteFunc(object.Writers(u), func(name string) bool { return name == object.FieldManager })
}
