package style

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"hutong/api"
	"hutong/internal/etag"
	"hutong/styles/sprite"
)

// Sprites answers with the pictures that maps draw points with:
//
//	GET /sprites/{name}[@2x].{json,png}
//
// default has our shapes, the icons that the drawings of public layers name and a few more, all has every icon: what
// icons another layer needs is nobody's business who may not see it.
// A sheet is made when it is first asked for and kept; there are four, of some 0.8 MB together. They may
// be used from any goroutine.
type Sprites struct {
	sheets map[string]func() (*sheet, error) // by name with its "@2x"
}

// sheet is a sheet as it is sent: the picture as it is, since a PNG is packed already.
type sheet struct {
	index   []byte
	picture api.Answer
}

// NewSprites returns the sprites of set for the drawings of ls. An icon that the set has not is left out.
func NewSprites(set *sprite.Set, ls *api.Layers) *Sprites {
	s := &Sprites{sheets: map[string]func() (*sheet, error){}}
	for name, images := range map[string][]string{"default": set.Chosen(iconsOf(ls)), "all": set.Names()} {
		for suffix, ratio := range map[string]int{"": 1, "@2x": 2} {
			s.sheets[name+suffix] = sync.OnceValues(func() (*sheet, error) {
				made, err := set.Sheet(images, ratio)
				if err != nil {
					return nil, fmt.Errorf("style: sprite %s: %w", name, err)
				}
				return &sheet{made.Index, api.Answer{
					ContentType: "image/png", Body: made.PNG, Tag: etag.Of(made.PNG), Length: strconv.Itoa(len(made.PNG)),
				}}, nil
			})
		}
	}
	return s
}

// iconsOf returns the icons that the drawings of public layers name, some more than once.
func iconsOf(ls *api.Layers) []string {
	var names []string
	for _, l := range ls.Public() {
		for _, field := range l.Drawing.Fields {
			for _, value := range field.Values {
				names = append(names, value.Icon)
			}
		}
	}
	return names
}

// Routes returns the routes of sprites.
func (s *Sprites) Routes() []api.Route {
	return []api.Route{{Pattern: "/sprites/{file}", Label: "sprite", Handler: http.HandlerFunc(s.serve)}}
}

func (s *Sprites) serve(w http.ResponseWriter, r *http.Request) {
	file := r.PathValue("file")
	name, isIndex := strings.CutSuffix(file, ".json")
	if !isIndex {
		name, _ = strings.CutSuffix(file, ".png")
	}
	made, ok := s.sheets[name]
	if !ok || name == file {
		api.Refuse(w, r, api.CodeNotFound, "There are the sprites default and all, as .json and .png, and with @2x in front of the dot.")
		return
	}
	sent, err := made()
	switch {
	case err != nil:
		panic(err) // the icons are part of the program; becomes a 500 and a log line
	case isIndex:
		api.Send(w, r, "application/json", sent.index)
	default:
		sent.picture.Send(w, r)
	}
}
