package object

import "context"

type leaveKey struct{}

// WithLeave returns a context whose requests ask for leave to write: a Cluster calls leave right before it sends each one that
// may change something, whenever its turn has come and also when it is sent again. An error keeps it back and is returned.
func WithLeave(ctx context.Context, leave func() error) context.Context {
	return context.WithValue(ctx, leaveKey{}, leave)
}

// Leave asks for leave to write now; where nobody is to be asked it is given.
func Leave(ctx context.Context) error {
	if leave, ok := ctx.Value(leaveKey{}).(func() error); ok {
		return leave()
	}
	return nil
}
