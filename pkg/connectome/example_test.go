package connectome_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cortigen/cortigen/pkg/connectome"
)

func Example() {
	dir, err := os.MkdirTemp("", "pack")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{
		"nodes.csv": "node_id,cell_type,ei,x_um,y_um,z_um,layer\n864691135866104,Rorb,E,0,10,0,4\n864691135866105,PV1,I,5,20,5,4\n",
		"edges.csv": "pre,post,n_rows\n864691135866104,864691135866105,3\n864691135866105,864691135866105,1\n864691135866105,7,1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			fmt.Println(err)
			return
		}
	}
	tissue, err := connectome.Open(context.Background(), dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tissue.Report())
	// Output:
	// V1 layer-4 model (Allen, tables): 2 neurons, 1 edges from nodes.csv, edges.csv
	//   left out: 1 × edge with an end that is not in the neuron table
	//   left out: 1 × autapse (a neuron's synapses on itself are not edges here)
}
