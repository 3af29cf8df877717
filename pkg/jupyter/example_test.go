package jupyter_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/cortigen/cortigen/pkg/jupyter"
)

func ExampleNotebook_Check() {
	dir, err := os.MkdirTemp("", "notebooks")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "00_mine.ipynb")
	text := `{"nbformat": 4, "cells": [
		{"cell_type": "code", "source": "x := 1", "execution_count": 1, "outputs": []},
		{"cell_type": "code", "source": "func f() {}", "execution_count": 3, "outputs": []}]}`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	notebook, err := jupyter.ReadNotebook(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(notebook.Check())
	// Output:
	// 00_mine.ipynb: code cell 2: declares a function: put it into a package
	// 00_mine.ipynb: code cell 2: execution count 3: execute all cells, in order
}
