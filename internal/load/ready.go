package load

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxProblem is the most bytes that are read of what a server says about why it is not ready.
const maxProblem = 16 << 10

// ErrNotReady says that a server answers and wants no traffic now.
var ErrNotReady = errors.New("load: not ready")

// Ready asks the server at base, such as http://127.0.0.1:8080, whether it is ready for traffic:
// whether /readyz below it answers 200 within timeout. The error wraps [ErrNotReady] if it answers
// anything else, and says why as the server does. The certificate of a server on this machine, which
// names the public host, is not checked.
func Ready(ctx context.Context, base string, timeout time.Duration) error {
	if err := CheckTarget(base, true); err != nil {
		return err
	}
	u, err := url.Parse(base)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.JoinPath("readyz").String(), nil)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	client := NewClient(1)
	if transport, ok := client.Transport.(*http.Transport); ok && CheckTarget(base, false) == nil {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // a question to this machine that carries no secret
	}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxProblem))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("load: %s: %w", req.URL, err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s answers %s%s", ErrNotReady, req.URL, res.Status, reason(text))
	}
	return nil
}

// reason returns what a problem (RFC 9457) says of itself, behind a colon, or "".
func reason(text []byte) string {
	var problem struct{ Detail string }
	if json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
		return ""
	}
	return ": " + problem.Detail
}

// BaseURL returns the URL at which a server that listens on listen is asked on its own machine: an address
// of all interfaces is this machine's. The error says what is wrong with listen.
func BaseURL(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "" || port == "0" {
		return "", fmt.Errorf("load: %q is not host:port with the port of a server", listen)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if strings.Contains(listen, "::") {
			host = "::1"
		}
	}
	return "http://" + net.JoinHostPort(host, port), nil
}
