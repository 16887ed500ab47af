package app

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// TLSFiles are the PEM files of a certificate, its chain behind it, and of its key.
type TLSFiles struct{ Cert, Key string }

// certificate is what the files hold. A renewed certificate is taken up with the next connection;
// when the new files cannot be used the old certificate stays and the log says why, once for each
// change.
type certificate struct {
	files TLSFiles
	log   *slog.Logger

	mu    sync.Mutex // guards what follows
	now   *tls.Certificate
	stamp [2]time.Time // of the files when they were last read
}

// loadCertificate reads the files. The error names the one at fault as far as it can be known.
func loadCertificate(files TLSFiles, log *slog.Logger) (*certificate, error) {
	c := &certificate{files: files, log: log}
	var err error
	if c.stamp, err = files.stamps(); err != nil {
		return nil, fmt.Errorf("app: tls: %w", err)
	}
	if c.now, err = files.read(); err != nil {
		return nil, err
	}
	return c, nil
}

// listenWith is the config of a listener with the certificate of files; nil, which is none, without files.
func listenWith(files *TLSFiles, log *slog.Logger) (*tls.Config, error) {
	if files == nil {
		return nil, nil //nolint:nilnil // see above
	}
	c, err := loadCertificate(*files, log)
	if err != nil {
		return nil, err
	}
	return c.config(), nil
}

func (f TLSFiles) read() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("app: tls: certificate %s, key %s: %w", f.Cert, f.Key, err)
	}
	return &pair, nil
}

// stamps returns when the files last changed.
func (f TLSFiles) stamps() (stamps [2]time.Time, err error) {
	for i, path := range []string{f.Cert, f.Key} {
		info, err := os.Stat(path)
		if err != nil {
			return stamps, err
		}
		stamps[i] = info.ModTime()
	}
	return stamps, nil
}

// forHello returns the certificate for a new connection. It looks at the files' times, which costs
// little beside a handshake.
func (c *certificate) forHello(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stamps, err := c.files.stamps()
	if err != nil || stamps == c.stamp {
		return c.now, nil // while the files are being replaced the old certificate serves
	}
	c.stamp = stamps
	renewed, err := c.files.read()
	if err != nil {
		c.log.Error("the new certificate cannot be used; the old one stays", slog.String("cause", err.Error()))
		return c.now, nil
	}
	c.now = renewed
	c.log.Info("certificate renewed", slog.String("file", c.files.Cert))
	return c.now, nil
}

// config returns what a server needs.
func (c *certificate) config() *tls.Config {
	return &tls.Config{GetCertificate: c.forHello, MinVersion: tls.VersionTLS12}
}
