package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hutong/internal/testkit"
)

// writeCertificate writes a certificate for 127.0.0.1 that signs itself and returns it.
func writeCertificate(t *testing.T, files TLSFiles, serial int64) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "hutong"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{
		files.Key: {Type: "PRIVATE KEY", Bytes: keyDER}, files.Cert: {Type: "CERTIFICATE", Bytes: der},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		stamp := time.Unix(1_700_000_000+serial, 0) // however fast the test writes
		if err := os.Chtimes(path, stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func tlsFiles(t *testing.T) TLSFiles {
	dir := t.TempDir()
	return TLSFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
}

// TestTLS asks over HTTP/1.1 and HTTP/2.
func TestTLS(t *testing.T) {
	t.Parallel()
	files := tlsFiles(t)
	roots := x509.NewCertPool()
	roots.AddCert(writeCertificate(t, files, 1))
	city := newCity()
	city.TLS = &files
	a, _ := newTestApp(t, city, nil)
	r := start(t, a)
	if !strings.HasPrefix(r.url, "https://127.0.0.1:") {
		t.Errorf("got %s, want an https URL", r.url)
	}
	for _, major := range []int{1, 2} {
		var protocols http.Protocols
		protocols.SetHTTP1(major == 1)
		protocols.SetHTTP2(major == 2)
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Protocols: &protocols}
		client := &http.Client{Transport: transport}
		res, err := client.Get(r.url + "/tiles/complaints.json")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || res.ProtoMajor != major || !strings.Contains(string(body), r.url+"/tiles/") {
			t.Errorf("HTTP/%d: got %s over %s, %v: %.200s", major, res.Status, res.Proto, err, body)
		}
		transport.CloseIdleConnections()
	}
	r.stop()
	if err := <-r.result; err != nil {
		t.Error(err)
	}
}

// TestCertificateIsRenewed takes up new files and stays with the old certificate while they are bad.
func TestCertificateIsRenewed(t *testing.T) {
	t.Parallel()
	files := tlsFiles(t)
	writeCertificate(t, files, 1)
	log := &testkit.Buffer{}
	c, err := loadCertificate(files, slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		pair, err := c.forHello(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Errorf("got certificate %d, want 1", got)
	}
	writeCertificate(t, files, 2)
	if got := serial(); got != 2 {
		t.Errorf("after a renewal: got certificate %d, want 2", got)
	}
	if err := os.WriteFile(files.Key, []byte("half a fi"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got := serial(); got != 2 {
			t.Errorf("while the files are bad: got certificate %d, want 2", got)
		}
	}
	if n := strings.Count(log.String(), "cannot be used"); n != 1 {
		t.Errorf("got %d lines about the bad files, want 1: %s", n, log)
	}
	if err := os.Remove(files.Key); err != nil {
		t.Fatal(err)
	}
	if got := serial(); got != 2 {
		t.Errorf("without the key: got certificate %d, want 2", got)
	}
	writeCertificate(t, files, 3)
	if got := serial(); got != 3 {
		t.Errorf("at the end: got certificate %d, want 3", got)
	}
}

func TestBadCertificateEndsTheStart(t *testing.T) {
	t.Parallel()
	files := tlsFiles(t)
	city := newCity()
	city.TLS = &files
	a, _ := newTestApp(t, city, nil)
	if err := a.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), files.Cert) {
		t.Errorf("no file: got %v, want an error with its path", err)
	}
	writeCertificate(t, files, 1)
	if err := os.WriteFile(files.Cert, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _ = newTestApp(t, city, nil)
	if err := a.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), files.Cert) {
		t.Errorf("no certificate in it: got %v, want an error with its path", err)
	}
}
