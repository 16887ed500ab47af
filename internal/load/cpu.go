package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// errNoCPU says that a server does not tell how much processor time it took.
var errNoCPU = errors.New("load: the server tells no process_cpu_seconds_total")

// maxMetrics is the most bytes of metrics that are looked through.
const maxMetrics = 32 << 20

// serverCPU returns the processor seconds that the server of a target has taken since it started,
// from its /metrics.
func serverCPU(ctx context.Context, client *http.Client, target string) (float64, error) {
	u, err := url.Parse(target)
	if err != nil {
		return 0, err
	}
	u = &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/metrics"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return 0, err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("load: metrics: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return 0, errNoCPU
	}
	return cpuOf(io.LimitReader(res.Body, maxMetrics))
}

// cpuOf finds the value in Prometheus's text format.
func cpuOf(r io.Reader) (float64, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), "process_cpu_seconds_total "); found {
			value, _, _ = strings.Cut(value, " ") // a time may follow
			return strconv.ParseFloat(value, 64)
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("load: metrics: %w", err)
	}
	return 0, errNoCPU
}
