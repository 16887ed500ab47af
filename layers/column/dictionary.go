package column

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// MaxCodes is the most distinct strings of a dictionary: codes are 16 bits wide and 0 is null.
const MaxCodes = 1<<16 - 1

// Dictionary numbers the distinct strings of one field, from 1. It only grows: a code means the
// same string for as long as any column holds it, so columns, snapshots and readers share one
// Dictionary while its writer adds to it. Codes follow the order of arrival and say nothing about
// the order of the strings.
//
// Intern belongs to the layer's writer; all else may be called from any goroutine. When too much of
// a dictionary is dead its layer builds a new one and recodes the field's columns (S2 holds, since
// old snapshots keep the old pair).
type Dictionary struct {
	texts atomic.Pointer[[]string]        // index code; the slice behind it is only appended to
	table atomic.Pointer[[]atomic.Uint32] // open addressing, a power of two; 0 is free, else a code
	seed  maphash.Seed
	bytes atomic.Int64 // of all texts
}

// NewDictionary returns an empty dictionary.
func NewDictionary() *Dictionary {
	d := &Dictionary{seed: maphash.MakeSeed()}
	texts := []string{""}
	table := make([]atomic.Uint32, 64)
	d.texts.Store(&texts)
	d.table.Store(&table)
	return d
}

// Len returns the number of distinct strings.
func (d *Dictionary) Len() int { return len(*d.texts.Load()) - 1 }

// Texts returns the strings by code; position 0 is not a string. The caller must not write to it.
func (d *Dictionary) Texts() []string { return *d.texts.Load() }

// Text returns the string of a code that a column of this dictionary holds.
func (d *Dictionary) Text(code uint16) string { return (*d.texts.Load())[code] }

// Lookup returns the code of s, or 0 when the dictionary does not have it.
func (d *Dictionary) Lookup(s string) uint16 {
	table, texts := *d.table.Load(), *d.texts.Load()
	mask := uint64(len(table) - 1)
	for i := maphash.String(d.seed, s) & mask; ; i = (i + 1) & mask {
		code := table[i].Load()
		if code == 0 {
			return 0
		}
		// A code beyond texts was added after texts was loaded: not s as far as we know.
		if int(code) < len(texts) && texts[code] == s {
			return uint16(code)
		}
	}
}

// Intern returns the code of s, adding a copy of it when it is new; ok is false when the dictionary
// is full and does not have s.
func (d *Dictionary) Intern(s string) (code uint16, ok bool) {
	if code := d.Lookup(s); code != 0 {
		return code, true
	}
	texts := *d.texts.Load()
	if len(texts) > MaxCodes {
		return 0, false
	}
	texts = append(texts, strings.Clone(s))
	d.bytes.Add(int64(len(s)))
	// The string is published before its code, so whoever finds the code finds the string.
	d.texts.Store(&texts)
	if table := *d.table.Load(); 2*len(texts) > len(table) {
		d.grow(2 * len(table))
	} else {
		d.place(table, uint32(len(texts)-1))
	}
	return uint16(len(texts) - 1), true
}

func (d *Dictionary) grow(slots int) {
	table := make([]atomic.Uint32, slots)
	for code := range d.Len() {
		d.place(table, uint32(code+1))
	}
	d.table.Store(&table)
}

func (d *Dictionary) place(table []atomic.Uint32, code uint32) {
	mask := uint64(len(table) - 1)
	i := maphash.String(d.seed, d.Text(uint16(code))) & mask
	for table[i].Load() != 0 {
		i = (i + 1) & mask
	}
	table[i].Store(code)
}

// Bytes returns the heap the dictionary takes now. All snapshots that share it see it grow.
func (d *Dictionary) Bytes() int {
	return int(d.bytes.Load()) + 16*cap(*d.texts.Load()) + 4*len(*d.table.Load())
}
