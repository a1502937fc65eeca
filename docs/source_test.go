package docs

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nflogship/internal/testenv"
)

// format is one that the program wires, as its source has it.
type format struct {
	name, dir   string
	packetsOnly bool
	own         bool   // a sink's fields have a place
	framing     string // of encode's framings
	doc         *doc.Package
	config      string // Config's comment
	options     []option
	keys        []string // of an object, in their order
}

type option struct{ key, kind, check, def, meaning string }

// wired reads the program's table of formats.
func wired(t *testing.T) (all []format) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(testenv.Root(), "cmd/nflogship/components.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{} // by the package's name there
	for _, i := range file.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		name := filepath.Base(path)
		if i.Name != nil {
			name = i.Name.Name
		}
		if dir, ok := strings.CutPrefix(path, "nflogship/encode/"); ok {
			dirs[name] = dir
		}
	}
	for _, entry := range entries(t, file) {
		key, value := entry.Key.(*ast.BasicLit), entry.Value.(*ast.CompositeLit)
		name, _ := strconv.Unquote(key.Value)
		f := format{name: name, packetsOnly: calls(value.Elts[0], "packetsOnly"), own: !calls(value, "unwanted")}
		ast.Inspect(value.Elts[0], func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "DefaultConfig" {
				f.dir = dirs[s.X.(*ast.Ident).Name]
			}
			return true
		})
		if _, ok := byHand[name]; !ok || !slices.Contains(order, name) {
			t.Fatalf("byHand and order do not tell what %s is, and where in the tables", name)
		}
		f.read(t)
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b format) int { return slices.Index(order, a.name) - slices.Index(order, b.name) })
	return all
}

func entries(t *testing.T, file *ast.File) (found []*ast.KeyValueExpr) {
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && v.Names[0].Name == "formats" && len(v.Values) == 1 {
			for _, e := range v.Values[0].(*ast.CompositeLit).Elts {
				found = append(found, e.(*ast.KeyValueExpr))
			}
		}
		return true
	})
	if len(found) < 8 {
		t.Fatalf("only %d formats found in components.go", len(found))
	}
	return found
}

// calls tells whether a function or method of that name is called in n.
func calls(n ast.Node, name string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			switch fun := c.Fun.(type) {
			case *ast.Ident:
				found = found || fun.Name == name
			case *ast.SelectorExpr:
				found = found || fun.Sel.Name == name
			}
		}
		return true
	})
	return found
}

var framing = regexp.MustCompile(`Framing:\s+encode\.(\w+)`)

// read reads the format's package.
func (f *format) read(t *testing.T) {
	t.Helper()
	set, dir := token.NewFileSet(), filepath.Join(testenv.Root(), "encode", f.dir)
	sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("encode/%s: no source (%v)", f.dir, err)
	}
	var files []*ast.File
	f.framing = "Bare"
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".pb.go") {
			continue
		}
		text := readFile(t, filepath.Join("encode", f.dir, filepath.Base(path)))
		file, err := parser.ParseFile(set, path, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if m := framing.FindStringSubmatch(text); m != nil {
			f.framing = m[1]
		}
		f.own = f.own && !strings.Contains(text, "has no place for fields")
		f.keys = append(f.keys, topKeys(file)...)
		files = append(files, file)
	}
	if f.doc, err = doc.NewFromFiles(set, files, "nflogship/encode/"+f.dir, doc.PreserveAST); err != nil {
		t.Fatal(err)
	}
	for _, typ := range f.doc.Types {
		if typ.Name == "Config" {
			f.config = typ.Doc
			f.fields(typ.Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType), defaults(typ.Funcs))
		}
	}
}

// topKeys are the words of the Keys of a format's own list of top-level keys.
func topKeys(file *ast.File) (found []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			if name, ok := kv.Key.(*ast.Ident); ok && name.Name == "Keys" {
				ast.Inspect(kv.Value, func(n ast.Node) bool {
					if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
						words, _ := strconv.Unquote(text.Value)
						found = append(found, strings.Fields(words)...)
					}
					return true
				})
			}
		}
		return true
	})
	return found
}

// fields are the settings and what is said beside each.
func (f *format) fields(s *ast.StructType, defaults map[string]string) {
	for _, field := range s.Fields.List {
		text, _ := strconv.Unquote(field.Tag.Value)
		tag := reflect.StructTag(text)
		o := option{key: tag.Get("yaml"), kind: kindOf(field.Type), check: tag.Get("check"), def: defaults[field.Names[0].Name]}
		o.meaning = strings.TrimSpace(strings.ReplaceAll(field.Comment.Text()+field.Doc.Text(), "\n", " "))
		if _, pointer := field.Type.(*ast.StarExpr); o.def == "" && !pointer {
			o.def = map[string]string{"true or false": "false", "number": "0"}[o.kind]
		}
		f.options = append(f.options, o)
	}
}

// defaults are the settings that DefaultConfig sets, as its source has them.
func defaults(funcs []*doc.Func) map[string]string {
	set := map[string]string{}
	for _, f := range funcs {
		ast.Inspect(f.Decl, func(n ast.Node) bool {
			if kv, ok := n.(*ast.KeyValueExpr); ok && f.Name == "DefaultConfig" {
				switch v := kv.Value.(type) {
				case *ast.BasicLit:
					set[kv.Key.(*ast.Ident).Name] = strings.Trim(v.Value, `"`)
				case *ast.Ident:
					set[kv.Key.(*ast.Ident).Name] = v.Name
				}
			}
			return true
		})
	}
	return set
}

func kindOf(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.StarExpr:
		return kindOf(x.X)
	case *ast.ArrayType:
		return "list"
	case *ast.MapType:
		return "mapping"
	case *ast.Ident:
		switch {
		case x.Name == "bool":
			return "true or false"
		case x.Name == "string":
			return "text"
		case strings.HasPrefix(x.Name, "uint"), strings.HasPrefix(x.Name, "int"):
			return "number"
		}
	}
	return "text"
}
