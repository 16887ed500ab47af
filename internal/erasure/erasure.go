// Package erasure is what the parts of an erasure share: how an id is looked for in bytes, in the files of
// a folder too, and the report of what was removed and where was looked. docs/formats/erasure.md has the
// steps and the document.
//
// An id is looked for in two ways. What is understood (messages of the log, rows of checkpoints, refused
// records) is decoded, and says whose id it is. What is not is searched as bytes, in all spellings of
// [Pattern]; there a match counts unless something decoded in the same place, which is of another feature,
// accounts for it.
package erasure

import (
	"fmt"
	"strings"
	"time"

	"hutong/layers"
)

// MaxPlaces is the most places that a report lists of a kind; the others are counted.
const MaxPlaces = 100

// Report says what an erasure did. It does not have the id.
type Report struct {
	Layer layers.Name `json:"layer"`
	// Hash stands for the id, as in the layer's state: see [layers.Salt.Hash].
	Hash layers.FeatureID `json:"hash"`
	At   time.Time        `json:"at"`
	// Seq is the state of the layer that is without the feature.
	Seq layers.Seq `json:"sequence"`
	// Feature says that the layer had the feature.
	Feature bool `json:"feature"`
	// Remembered says that reports not newer than the erasure are refused from now on: in layers with event
	// times.
	Remembered bool `json:"remembered"`
	// Letters is how many refused records were removed of each source that had any.
	Letters []Letters `json:"letters"`
	// Snapshots are the pinned ones that had the feature and are gone.
	Snapshots []string `json:"snapshots_gone,omitempty"`
	// Checkpoint is the one that was written, 0 without a data folder; Removed are older ones.
	Checkpoint layers.Seq   `json:"checkpoint,omitempty"`
	Removed    []layers.Seq `json:"checkpoints_removed,omitempty"`
	// Truncated is the last message of the log that was let go.
	Truncated layers.Seq `json:"log_truncated,omitempty"`
	Proof     Proof      `json:"proof"`
}

// Letters counts refused records of a source.
type Letters struct {
	Source string `json:"source"`
	Count  int    `json:"count"`
}

// Proof says where was looked for the id behind an erasure, and what was found.
type Proof struct {
	// Messages of the log, Rows of Checkpoints' files, and Letters were decoded.
	Messages    int `json:"messages"`
	Checkpoints int `json:"checkpoint_files"`
	Rows        int `json:"rows"`
	Letters     int `json:"letters"`
	// Files and Bytes were searched as they are; Plain says that this was done, see [Pattern.Plain].
	Plain bool  `json:"plain"`
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// Mentions are what belongs to other features and has the id in a text; it was left as it is.
	Mentions Places `json:"mentions"`
	// Found is where the feature still is: empty, or the erasure is not complete.
	Found Places `json:"found"`
	// Unsearched says what could not be looked at.
	Unsearched []string `json:"unsearched,omitempty"`
}

// Places are the first [MaxPlaces] places, and how many there are in all.
type Places struct {
	Count  int      `json:"count"`
	Places []string `json:"places,omitempty"`
}

// Addf notes a place, which must not have the id.
func (p *Places) Addf(format string, args ...any) {
	if p.Count++; len(p.Places) < MaxPlaces {
		p.Places = append(p.Places, fmt.Sprintf(format, args...))
	}
}

// IncompleteError says that the id was found behind an erasure.
type IncompleteError struct{ Found Places }

// Error says where, and what to do.
func (e *IncompleteError) Error() string {
	s := strings.Join(e.Found.Places, "; ")
	if more := e.Found.Count - len(e.Found.Places); more > 0 {
		s += fmt.Sprintf("; and %d more", more)
	}
	return "erasure: the feature is still in " + s + "; erase it again, which changes nothing else; what is not in log/ or checkpoints/ no erasure changes: remove it"
}

// Err returns an [*IncompleteError] if something was found.
func (p *Proof) Err() error {
	if p.Found.Count > 0 {
		return &IncompleteError{p.Found}
	}
	return nil
}
