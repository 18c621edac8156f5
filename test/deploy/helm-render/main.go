// Renders a chart as Helm does, by the same template language and functions: text/template, sprig and the few that Helm
// adds. Reads {"values":…,"release":{…}} on stdin, prints the manifests. For tests; not a Helm.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

func main() {
	chart := os.Args[1]
	var input struct{ Values, Release map[string]interface{} }
	must(json.NewDecoder(os.Stdin).Decode(&input))
	about := readYaml(filepath.Join(chart, "Chart.yaml"))
	root := map[string]interface{}{
		"Values":  merge(readYaml(filepath.Join(chart, "values.yaml")), input.Values),
		"Release": input.Release,
		"Chart": map[string]interface{}{
			"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"],
		},
	}
	all := template.New("chart").Option("missingkey=error")
	functions := sprig.TxtFuncMap()
	functions["toYaml"] = func(value interface{}) string {
		var text bytes.Buffer
		encoder := yaml.NewEncoder(&text)
		encoder.SetIndent(2)
		must(encoder.Encode(value))
		return strings.TrimSuffix(text.String(), "\n")
	}
	functions["include"] = func(name string, data interface{}) (string, error) {
		var text bytes.Buffer
		err := all.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	all.Funcs(functions)
	files, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	must(err)
	sort.Strings(files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(err)
		template.Must(all.New(filepath.Base(file)).Parse(string(text)))
	}
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "_") || filepath.Ext(file) == ".txt" {
			continue
		}
		fmt.Println("---")
		must(all.ExecuteTemplate(os.Stdout, filepath.Base(file), root))
	}
}

func readYaml(path string) map[string]interface{} {
	text, err := os.ReadFile(path)
	must(err)
	value := map[string]interface{}{}
	must(yaml.Unmarshal(text, &value))
	return value
}

// A map is merged key by key, everything else is replaced, null takes away: as Helm does.
func merge(base, over map[string]interface{}) map[string]interface{} {
	for key, value := range over {
		below, isMap := base[key].(map[string]interface{})
		if above, ok := value.(map[string]interface{}); ok && isMap {
			base[key] = merge(below, above)
		} else if value == nil {
			delete(base, key)
		} else {
			base[key] = value
		}
	}
	return base
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
