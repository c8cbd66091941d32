package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/template"
)

// point is a size of cluster and what an engine takes there.
type point struct {
	objects int
	footprint
}

// The plot's size, the room around its curves, and the memory at its top, in pixels and MiB.
const (
	plotWidth, plotHeight = 640, 360
	plotLeft, plotBottom  = 64, 48
	plotTop, plotRight    = 40, 24
	plotMost              = 250
)

// Curves have colours that both a light and a dark page show; text takes the page's side by itself.
var plot = template.Must(template.New("memory").Parse(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{.Width}} {{.Height}}" role="img" aria-label="{{.Title}}">
<style>
  text { font: 13px sans-serif; fill: #24292f }
  .grid { stroke: #8c959f; stroke-opacity: .35 }
  .rest { stroke: #2f81f7; fill: none; stroke-width: 2.5 }
  .peak { stroke: #d4762a; fill: none; stroke-width: 2; stroke-dasharray: 6 4 }
  @media (prefers-color-scheme: dark) { text { fill: #c9d1d9 } }
</style>
<text x="{{.Left}}" y="22">{{.Title}}</text>
{{range .Rows}}<line class="grid" x1="{{$.Left}}" x2="{{$.Right}}" y1="{{.At}}" y2="{{.At}}"/><text x="{{$.LeftText}}" y="{{.At}}" dy="4" text-anchor="end">{{.Text}}</text>
{{end}}{{range .Columns}}<text x="{{.At}}" y="{{$.BottomText}}" text-anchor="middle">{{.Text}}</text>
{{end}}<polyline class="rest" points="{{.Rest}}"/>
<polyline class="peak" points="{{.Peak}}"/>
<text x="{{.Right}}" y="{{.RestAt}}" dy="-8" text-anchor="end">at rest</text>
<text x="{{.Right}}" y="{{.PeakAt}}" dy="-8" text-anchor="end">peak of the first list</text>
</svg>
`))

// tick is a text beside an axis.
type tick struct {
	At   int
	Text string
}

// drawPlot draws the curve of an engine's memory over the objects in its cluster.
func drawPlot(w io.Writer, curve []point) error {
	if len(curve) == 0 {
		return fmt.Errorf("there is nothing to plot")
	}
	most := curve[len(curve)-1].objects
	x := func(objects int) int { return plotLeft + objects*(plotWidth-plotLeft-plotRight)/most }
	y := func(mib int64) int {
		return plotHeight - plotBottom - int(mib)*(plotHeight-plotBottom-plotTop)/plotMost
	}
	var rest, peak []string
	var rows, columns []tick
	for mib := int64(0); mib <= plotMost; mib += 50 {
		rows = append(rows, tick{y(mib), fmt.Sprintf("%d MiB", mib)})
	}
	for _, p := range curve {
		rest = append(rest, fmt.Sprintf("%d,%d", x(p.objects), y(p.Rest>>20)))
		peak = append(peak, fmt.Sprintf("%d,%d", x(p.objects), y(p.Peak>>20)))
		columns = append(columns, tick{x(p.objects), fmt.Sprintf("%d,000", p.objects/1000)})
	}
	last := curve[len(curve)-1]
	return plot.Execute(w, map[string]any{
		"Title": "Anonymous memory of the engine, by objects in the cluster", "Width": plotWidth, "Height": plotHeight,
		"Left": plotLeft, "LeftText": plotLeft - 8, "Right": plotWidth - plotRight, "BottomText": plotHeight - plotBottom + 22,
		"Rows": rows, "Columns": columns, "Rest": strings.Join(rest, " "), "Peak": strings.Join(peak, " "),
		"RestAt": y(last.Rest >> 20), "PeakAt": y(last.Peak >> 20),
	})
}

// writePlot writes the plot to a file.
func writePlot(path string, curve []point) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := drawPlot(f, curve); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return f.Close()
}
