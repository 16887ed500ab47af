package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"hutong/internal/telemetry"
)

// epoch names the history that live streams count in: clients that know it go on where they were, all others ask for
// every tile again. It is the log's, and with it what else makes the tiles of a state: the schemas and options of the
// layers, the cells that are made of them, what the views show and by which secret, what those with a delay have shown
// (delaykept.go), and this program. It is "", a name of this process, where what is shown is in no log: without a data folder, and when layers were read from their files at this start, which may hold anything else than before.
func (a *App) epoch() string {
	if a.durable == nil || len(a.durable.unread(a.city.Sources)) > 0 {
		return ""
	}
	h, build := sha256.New(), telemetry.ReadBuild()
	_, _ = fmt.Fprintf(h, "%s %s %v\n", build.Version, build.Revision, build.Modified) // a hash takes everything
	for i := range a.city.Layers {
		l := &a.city.Layers[i]
		_, _ = fmt.Fprintf(h, "%+v %+v %+v\n", *l.Schema, l.Tiles, l.Age)
		if l.Cells != nil {
			_, _ = fmt.Fprintf(h, "%+v %+v\n", *l.Cells, l.Overview)
		}
	}
	for i := range a.city.Derived {
		d := &a.city.Derived[i]
		_, _ = fmt.Fprintf(h, "%s of %s: %v\n", d.Name, d.Of, d.As)
	}
	if a.city.Center != nil {
		_, _ = fmt.Fprintf(h, "%v\n", a.city.Center.Lat()) // at which cells have the size that their zoom wants
	}
	for i := range a.city.Views {
		v := &a.city.Views[i]
		_, _ = fmt.Fprintf(h, "%s %+v %+v\n", v.what(), v.Tiles, v.Age)
	}
	for _, v := range a.store.views {
		if v.redactor != nil {
			_, _ = fmt.Fprintf(h, "%x\n", v.redactor.Fingerprint())
		}
	}
	for i := range a.city.Counts {
		_, _ = fmt.Fprintf(h, "%s %s\n", a.city.Counts[i].Name, a.city.Counts[i].Digest)
	}
	_, _ = fmt.Fprintf(h, "%s\n", a.durable.lateHistory)
	return a.durable.journal.Epoch() + hex.EncodeToString(h.Sum(nil)[:4])
}
