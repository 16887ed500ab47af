package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"hutong/internal/testkit"
)

// outputOf runs a program and returns what it writes on stdout.
func outputOf(t *testing.T, path string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", path, strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// tryOutputOf is outputOf for a command that may fail: it returns all that it wrote, and the error.
func tryOutputOf(t *testing.T, path string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	return string(out), err
}

// placesTile is a tile with something in it of the city that servePlaces serves.
var placesTile = func() string {
	at := maptile.At(orb.Point{-77, 38.9}, 10)
	return fmt.Sprintf("/tiles/places/%d/%d/%d.mvt", at.Z, at.X, at.Y)
}()

// servePlaces serves a small city, over HTTPS if it gets a certificate. It trusts proxies on this
// machine.
func servePlaces(t *testing.T, cert, key string) *server {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("no,lon,lat,kind\n")
	for i := range 200 {
		fmt.Fprintf(&rows, "%d,%.4f,%.4f,kind %d\n", i, -77+float64(i%20)/1000, 38.9+float64(i/20)/1000, i%7)
	}
	dir := write(t, map[string]string{"rows.csv": rows.String()})
	config := `
city: A city
trusted_proxies: [127.0.0.1, "::1"]
layers:
  places: {title: Places, licence: CC0-1.0, fields: {kind: {type: string, keep: true}}}
sources:
  rows: {layer: places, files: ["` + filepath.Join(dir, "rows.csv") + `"], id: "{no}", csv: {lon: lon, lat: lat}, fields: {kind: kind}}
`
	if cert != "" {
		config += "tls: {cert: " + cert + ", key: " + key + "}\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "city.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t, "serve", "--config", filepath.Join(dir, "city.yaml"))
}

// writeCertificate writes a certificate for 127.0.0.1 that signs itself, and its key.
func writeCertificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hutong"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, errCert := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	keyDER, errKey := x509.MarshalPKCS8PrivateKey(key)
	if err := errors.Join(errCert, errKey); err != nil {
		t.Fatal(err)
	}
	dir := write(t, map[string]string{
		"cert.pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"key.pem":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})),
	})
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
}

// TestCurl asks over HTTP/1.1 and, with a certificate, over HTTP/2; compressed and conditional.
func TestCurl(t *testing.T) {
	t.Parallel()
	curl := testkit.Tool(t, "curl", "curl")
	cert, key := writeCertificate(t)
	s := servePlaces(t, cert, key)
	const format = "%{http_version} %{http_code} %{size_download} %{content_type}"
	for _, c := range []struct{ version, flag string }{{"1.1", "--http1.1"}, {"2", "--http2"}} {
		body := filepath.Join(t.TempDir(), "body")
		etags := filepath.Join(t.TempDir(), "etag")
		args := []string{"--silent", "--show-error", "--cacert", cert, c.flag, "--output", body, "--write-out", format}
		plain := outputOf(t, curl, append(args, s.url+placesTile)...)
		size := fileSize(t, body)
		if want := fmt.Sprintf("%s 200 %d application/vnd.mapbox-vector-tile", c.version, size); plain != want || size == 0 {
			t.Errorf("%s: got %q, want %q", c.flag, plain, want)
		}
		first := outputOf(t, curl, append(args, "--compressed", "--etag-save", etags, s.url+placesTile)...)
		if !strings.HasPrefix(first, c.version+" 200 ") || fileSize(t, body) != size {
			t.Errorf("%s --compressed: got %q and %d bytes, want %d", c.flag, first, fileSize(t, body), size)
		}
		again := outputOf(t, curl, append(args, "--compressed", "--etag-compare", etags, s.url+placesTile)...)
		if want := c.version + " 304 0 "; again != want {
			t.Errorf("%s --etag-compare: got %q, want %q", c.flag, again, want)
		}
		head := outputOf(t, curl, "--silent", "--show-error", "--cacert", cert, c.flag, "--head", s.url+placesTile)
		if !strings.Contains(strings.ToLower(head), fmt.Sprintf("content-length: %d", size)) || !strings.Contains(strings.ToLower(head), "etag: ") {
			t.Errorf("%s --head: got %s", c.flag, head)
		}
		gone := outputOf(t, curl, append(args, s.url+"/tiles/places/3/9/0.mvt")...)
		if !strings.HasPrefix(gone, c.version+" 404 ") || !strings.HasSuffix(gone, "application/problem+json") {
			t.Errorf("%s, a tile that is not there: got %q", c.flag, gone)
		}
	}
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
