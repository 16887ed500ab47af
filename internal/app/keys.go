package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"hutong/api"
	"hutong/api/admin"
	"hutong/internal/auth"
	"hutong/internal/config"
	"hutong/internal/telemetry"
	"hutong/journal/backup"
	"hutong/journal/checkpoint"
	"hutong/journal/snapshot"
)

// Key is a key of somebody who may push, erase, take backups or see what is not public.
type Key struct {
	auth.Key
	// HashFile is the file with its hash; "" when Key has it. It is read when the server is made.
	HashFile string
}

// keysOf are the keys of a config.
func keysOf(c *config.Config) []Key {
	var list []Key
	for i := range c.Keys {
		k := &c.Keys[i]
		list = append(list, Key{auth.Key{Name: k.Name, Hash: k.Hash, Scopes: k.Scopes}, k.HashFile})
	}
	return list
}

// backupRoutes are the routes of backups.
func (a *App) backupRoutes(base api.Base) []api.Route {
	b := admin.Backups{Keys: a.keys, Base: base, Log: a.opts.Log, Metrics: a.opts.Metrics}
	if a.city.Data != nil {
		b.Pin = func(ctx context.Context) (*checkpoint.Pinned, error) { return a.durable.pin(ctx) } // open before the route answers
		b.Letters = func() backup.Letters {
			letters, _ := a.letters.DeadLetters.(backup.Letters)
			return letters
		}
		b.Snapshots = func() *snapshot.Store { return a.durable.snapshots }
	}
	return admin.BackupRoutes(b)
}

// newKeys reads what hashes and secrets are in files. The error names every file that has none.
func newKeys(city *City, m *telemetry.Metrics) (*auth.Keys, error) {
	var errs []error
	list := city.Keys
	keys := make([]auth.Key, len(list))
	for i := range list {
		keys[i] = list[i].Key
		if list[i].HashFile == "" {
			continue
		}
		var err error
		if keys[i].Hash, err = readHash(list[i].HashFile); err != nil {
			errs = append(errs, fmt.Errorf("app: key %s: %w", list[i].Name, err))
		}
	}
	tokens, err := city.Tokens.signer()
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return auth.New(keys, auth.Options{Metrics: m, Tokens: tokens})
}

// readHash reads the hash of a key from a file. The error shows nothing of what is in it.
func readHash(path string) (auth.Hash, error) {
	const most = 4 << 10
	file, err := os.Open(path)
	if err != nil {
		return auth.Hash{}, err
	}
	text, err := io.ReadAll(io.LimitReader(file, most))
	if err = errors.Join(err, file.Close()); err != nil {
		return auth.Hash{}, err
	}
	h, err := auth.ParseHash(string(text))
	if err != nil {
		return auth.Hash{}, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "auth: "))
	}
	return h, nil
}
