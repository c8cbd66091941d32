package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

func (g *global) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintf(cmd.OutOrStdout(), "wheelhouse %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

// renderWorker is what the program runs itself as to render: see package render.
func renderWorker(s Streams) *cobra.Command {
	return &cobra.Command{
		Use: "render-worker", Hidden: true, Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			limit, err := strconv.ParseInt(os.Getenv(render.EnvMemory), 10, 64)
			if err != nil {
				return hint.With(errors.New("render-worker is started by wheelhouse itself"), "use wheelhouse admin render")
			}
			if err := render.LimitWorker(limit); err != nil {
				return fmt.Errorf("limit memory: %w", err)
			}
			return render.ServeWorker(cmd.Context(), s.In, s.Out)
		},
	}
}
