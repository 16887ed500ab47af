package files

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// layerFiles are the parts of one Shapefile. cpg and prj are nil when they are missing.
type layerFiles struct {
	shp, dbf         io.ReadCloser
	shpSize, dbfSize int64
	cpg, prj         []byte
	archive          io.Closer // the zip file, or nil
}

// maxSidecar is the most bytes of a .cpg or .prj file.
const maxSidecar = 64 << 10

// Close closes all parts.
func (f *layerFiles) Close() {
	for _, c := range [...]io.Closer{f.shp, f.dbf, f.archive} {
		if c != nil {
			_ = c.Close() // only read from
		}
	}
}

// sidecars are the endings of the files beside a .shp that are read with it. All but the first may be
// missing.
var sidecars = [...]string{".dbf", ".cpg", ".prj"}

// Sidecars returns the names of the files that are read with the Shapefile at path if they are there.
// For a pattern they are patterns. A zipped Shapefile has none.
func Sidecars(path string) []string {
	stem, zipped := stemOf(path)
	if zipped {
		return nil
	}
	names := make([]string, 0, 2*len(sidecars))
	for _, ending := range sidecars {
		spellings := siblings(stem, ending)
		names = append(names, spellings[:]...)
	}
	return names
}

// stemOf returns a Shapefile's name without its ending, and whether it is a .zip that holds one.
func stemOf(name string) (stem string, zipped bool) {
	ending := filepath.Ext(name)
	return strings.TrimSuffix(name, ending), strings.EqualFold(ending, ".zip")
}

// siblings are the names that a file beside the .shp may have, in the order in which they are tried.
func siblings(stem, ending string) [2]string {
	return [...]string{stem + ending, stem + strings.ToUpper(ending)}
}

// openParts opens the parts of the Shapefile at name, which is its .shp or a .zip that holds one.
func openParts(name string) (layerFiles, error) {
	open, err := openSibling, error(nil)
	stem, zipped := stemOf(name)
	var f layerFiles
	if zipped {
		archive, zipErr := zip.OpenReader(name)
		if zipErr != nil {
			return f, zipErr
		}
		f.archive = archive
		if stem, err = onlyShapefile(&archive.Reader); err != nil {
			f.Close()
			return f, err
		}
		open = func(stem, ending string) (io.ReadCloser, int64, error) {
			return openMember(&archive.Reader, stem, ending)
		}
	}
	if err := f.open(open, stem); err != nil {
		f.Close()
		return layerFiles{}, err
	}
	return f, nil
}

// opener opens the part of a Shapefile with an ending such as ".dbf"; its error is [os.ErrNotExist]
// when there is none.
type opener func(stem, ending string) (io.ReadCloser, int64, error)

func (f *layerFiles) open(open opener, stem string) (err error) {
	if f.shp, f.shpSize, err = open(stem, ".shp"); err != nil {
		return err
	}
	f.dbf, f.dbfSize, err = open(stem, sidecars[0])
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no %s.dbf, which has the values of the shapes", path.Base(filepath.ToSlash(stem)))
	}
	if err != nil {
		return err
	}
	for i, to := range [...]*[]byte{&f.cpg, &f.prj} {
		ending := sidecars[1+i]
		r, size, err := open(stem, ending)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		*to, err = io.ReadAll(io.LimitReader(r, maxSidecar+1))
		_ = r.Close()
		if err != nil {
			return err
		}
		if size > maxSidecar || len(*to) > maxSidecar {
			return fmt.Errorf("the %s file has more than %d bytes", ending, maxSidecar)
		}
	}
	return nil
}

// openSibling opens a file beside the .shp, whose ending may be in either case.
func openSibling(stem, ending string) (io.ReadCloser, int64, error) {
	names := siblings(stem, ending)
	file, err := os.Open(names[0])
	if errors.Is(err, os.ErrNotExist) {
		if upper, upperErr := os.Open(names[1]); upperErr == nil {
			file, err = upper, nil
		}
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", filepath.Base(file.Name()))
	}
	if err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// onlyShapefile returns the name, without its ending, of the one .shp in an archive.
func onlyShapefile(archive *zip.Reader) (stem string, err error) {
	var names []string
	for _, m := range archive.File {
		if strings.EqualFold(path.Ext(m.Name), ".shp") && !strings.HasPrefix(path.Base(m.Name), "._") { // of macOS
			names = append(names, m.Name)
		}
	}
	switch len(names) {
	case 0:
		return "", errors.New("there is no .shp file in the archive")
	case 1:
		return strings.TrimSuffix(names[0], path.Ext(names[0])), nil
	}
	return "", fmt.Errorf("there are %d Shapefiles in the archive: %s; want one", len(names), quoteNames(names))
}

// openMember opens a member of an archive.
func openMember(archive *zip.Reader, stem, ending string) (io.ReadCloser, int64, error) {
	for _, m := range archive.File {
		if strings.EqualFold(m.Name, stem+ending) {
			r, err := m.Open()
			return r, int64(m.UncompressedSize64), err
		}
	}
	return nil, 0, os.ErrNotExist
}
