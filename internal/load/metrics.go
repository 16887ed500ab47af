package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// What a server's /metrics tell of its process.
const (
	metricCPU = "process_cpu_seconds_total"     // seconds since it started
	metricRSS = "process_resident_memory_bytes" // bytes
)

// maxMetrics is the most bytes of metrics that are looked through.
const maxMetrics = 32 << 20

// serverMetric returns a metric without labels of the server of a target, from its /metrics.
func serverMetric(ctx context.Context, client *http.Client, target, name string) (float64, error) {
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
		return 0, fmt.Errorf("load: %s answers %s", u, res.Status)
	}
	return metricOf(io.LimitReader(res.Body, maxMetrics), name)
}

// metricOf finds the value of a metric without labels in Prometheus's text format.
func metricOf(r io.Reader, name string) (float64, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			value, _, _ = strings.Cut(value, " ") // a time may follow
			return strconv.ParseFloat(value, 64)
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("load: metrics: %w", err)
	}
	return 0, fmt.Errorf("load: the server tells no %s", name)
}

// spent measures the processor time of a server.
type spent struct {
	client *http.Client
	target string
	before float64
	known  bool
}

// spending begins to measure.
func spending(ctx context.Context, client *http.Client, target string) *spent {
	cpu, err := serverMetric(ctx, client, target, metricCPU)
	return &spent{client, target, cpu, err == nil}
}

// each returns the milliseconds since it began for each of n, nil when the server tells none. It asks even when
// ctx is over.
func (s *spent) each(ctx context.Context, n int64) *float64 {
	if !s.known || n == 0 {
		return nil
	}
	after, err := serverMetric(context.WithoutCancel(ctx), s.client, s.target, metricCPU)
	if err != nil {
		return nil
	}
	ms := max(after-s.before, 0) * 1e3 / float64(n)
	return &ms
}
