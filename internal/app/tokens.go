package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"hutong/internal/auth"
	"hutong/internal/config"
)

// TokenFiles are files with secrets that sign tokens. They are read when the server is made.
type TokenFiles struct {
	// Secret signs. Previous signed before, and its tokens are good for as long as they last; "" is none.
	Secret, Previous string
}

// tokensOf are the files of a config.
func tokensOf(c *config.Config) *TokenFiles {
	if c.Tokens == nil {
		return nil
	}
	return &TokenFiles{Secret: c.Tokens.SecretFile, Previous: c.Tokens.PreviousFile}
}

// signer reads the files; without any it is nil. The error names every file that does not do.
func (f *TokenFiles) signer() (*auth.Signer, error) {
	if f == nil {
		return nil, nil //nolint:nilnil // a nil Signer is one that knows no tokens
	}
	secret, err := readSigning(f.Secret)
	var previous []byte
	if f.Previous != "" {
		var errPrevious error
		previous, errPrevious = readSigning(f.Previous)
		err = errors.Join(err, errPrevious)
	}
	if err != nil {
		return nil, err
	}
	s, err := auth.NewSigner(secret, previous)
	if err != nil {
		return nil, fmt.Errorf("app: tokens: %s", strings.TrimPrefix(err.Error(), "auth: "))
	}
	return s, nil
}

// readSigning reads a secret that signs, without the white space around it. The error shows nothing of what is in it.
func readSigning(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the config names it
	if err != nil {
		return nil, fmt.Errorf("app: tokens: %w", err)
	}
	secret, err := secretIn(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("app: tokens: %s: %w", path, err)
	}
	return secret, nil
}

func secretIn(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("others than its owner may open it (mode %04o): make that 0600, and if somebody may have read it, put another secret there", mode)
	}
	text, err := io.ReadAll(io.LimitReader(file, auth.MaxSecret+2))
	if err != nil {
		return nil, err
	}
	text = bytes.TrimSpace(text)
	if len(text) < auth.MinSecret || len(text) > auth.MaxSecret {
		return nil, fmt.Errorf("has %d bytes: want %d to %d that nobody can guess, such as openssl rand -base64 32 prints",
			len(text), auth.MinSecret, auth.MaxSecret)
	}
	return text, nil
}

// SignToken returns a token by the secret of a config. The error says what is missing in the config, or what may not
// be signed.
func SignToken(c *config.Config, scope auth.Scope, expires, now time.Time) (string, error) {
	files := tokensOf(c)
	if files == nil {
		return "", errors.New("the config has no tokens: {secret_file: …}, so the server takes none")
	}
	if err := c.CheckScope(scope); err != nil {
		return "", err
	}
	s, err := files.signer()
	if err != nil {
		return "", err
	}
	text, err := s.Sign(scope, expires, now)
	if err != nil {
		return "", errors.New(strings.TrimPrefix(err.Error(), "auth: "))
	}
	return text, nil
}
