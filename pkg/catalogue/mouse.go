package catalogue

import "fmt"

var (
	microns2025 = Citation{"The MICrONS Consortium (2025). Functional connectomics spanning multiple areas of mouse visual cortex. Nature 640, 435-447.", "10.1038/s41586-025-08790-w"}
	turner2022  = Citation{"Turner, N. L. et al. (2022). Reconstruction of neocortex: organelles, compartments, cells, circuits, and activity. Cell 185, 1082-1100.", "10.1016/j.cell.2022.01.023"}
)

const pinkyVoxels = "its voxels are of 3.58 x 3.58 x 40 nm, and a reader takes 4 x 4 x 40: go run ./datasets convert NAME OUT -voxel 3.58,3.58,40"

func zenodo(record int, file string) string {
	return fmt.Sprintf("https://zenodo.org/records/%d/files/%s", record, file)
}

// mouse lists the reconstructions of mouse visual cortex.
func mouse() []Entry {
	const bossdb = "https://bossdb-open-data.s3.amazonaws.com/iarpa_microns/minnie/"
	unread := Licence{Name: "unknown", URL: "https://www.microns-explorer.org/cortical-mm3",
		Note: "believed CC BY 4.0, as the consortium's paper; the data's own licence was not read: check before you redistribute"}
	return []Entry{
		{
			Name: "microns-v117-h5", Version: 1,
			Title:   "MICrONS minnie65, all neurons of materialization v117, as a ConnectivityMatrix",
			Species: "mouse", Region: "visual cortex, VISp VISrl VISal VISlm",
			Holds:   Holds{Positions: true, Classes: true, SynapseCounts: true, SynapseSizes: true},
			Sources: []Source{{URL: zenodo(8364070, "microns_mm3_connectome.h5"), File: "microns_mm3_connectome.h5"}},
			Licence: Licence{Name: "unknown", URL: "https://zenodo.org/records/8364070", Note: "the record states one, which was not read: look before you redistribute"},
			Cite: []Citation{
				{"Reimann, M. et al. (2023). Connectomics of (part of) the MICrONS mm3 dataset, version 1.0.0. Zenodo.", "10.5281/zenodo.8364070"},
				microns2025,
			},
			Format: "ConnectivityMatrix HDF5, group condensed", Open: "microns_mm3_connectome.h5",
			Confirmed: true,
			Note: "Record 8364070 describes the file; its address is in published analysis code that downloads it. About 59,000 neurons and 725 MB by " +
				"people who have it; size and checksum were not read at the record. Axons are proofread for few of the neurons: the table says for which.",
		},
		{
			Name: "microns-v1181-h5", Version: 1,
			Title:   "MICrONS minnie65, all neurons of materialization v1181, as a ConnectivityMatrix",
			Species: "mouse", Region: "visual cortex, VISp VISrl VISal VISlm",
			Holds:   Holds{Positions: true, Classes: true, SynapseCounts: true, SynapseSizes: true},
			Sources: []Source{{URL: zenodo(13849415, "microns_mm3_connectome_v1181.h5"), File: "microns_mm3_connectome_v1181.h5"}},
			Licence: Licence{Name: "unknown", URL: "https://zenodo.org/records/13849415", Note: "the record states one, which was not read: look before you redistribute"},
			Cite: []Citation{
				{"Reimann, M. et al. (2024). Connectomics of (part of) the MICrONS mm3 dataset, v1181. Zenodo.", "10.5281/zenodo.13849415"},
				microns2025,
			},
			Format: "ConnectivityMatrix HDF5, group condensed", Open: "microns_mm3_connectome_v1181.h5",
			Confirmed: true,
			Note:      "Record 13849415 is the later materialization of record 8364070; its address is in published analysis code that downloads it. Size and checksum were not read at the record.",
		},
		{
			Name: "microns-v117-tables", Version: 1,
			Title:   "MICrONS minnie65 static tables of v117: every synapse, nuclei, proofreading status",
			Species: "mouse", Region: "visual cortex, VISp VISrl VISal VISlm",
			Holds: Holds{Neurons: 67_534, Edges: 10_436_569, Positions: true, SynapseCounts: true, SynapseSizes: true},
			Sources: []Source{
				{URL: bossdb + "minnie65/nucleus_neuron_classification/nucleus_neuron_svm.csv", File: "nucleus_neuron_svm.csv",
					Size: 13_439_975, SHA256: "e54596dd4f346094f36a684578dd4b1b375330c1845042cc3726873033aeaa1a"},
				{URL: bossdb + "proofreading_status/proofreading_status_public_release.csv", File: "proofreading_status_public_release.csv",
					Size: 57_324, SHA256: "25fc84d9cae5222e744d87be79f8d354684eb680a20497b293cbfb00d413bacf"},
				{URL: bossdb + "minnie65/synapse_graph/synapses_pni_2.csv", File: "synapses_pni_2.csv", Size: 51_020_159_848},
			},
			Licence: unread,
			Cite: []Citation{
				microns2025,
				{"MICrONS Consortium et al. (2021). MICrONS cubic millimeter dataset. BossDB.", "10.60533/BOSS-2021-T0SY"},
			},
			Format:    "CAVE tables",
			Confirmed: true,
			Note: "Addresses, sizes and SHA-256 as recorded by a published build of the graph between cells that the nucleus classifier calls neurons: 67,534 of them " +
				"and 10,436,569 edges (15,400,557 synapses). The checksum of the synapse table, 51 GB, is not known. Cell types are not among the static tables: CAVE has them.",
		},
		{
			Name: "microns-pinky100-tables", Version: 1,
			Title:   "MICrONS phase 1 (pinky100), v185: proofread pyramidal subgraph with synapse sizes",
			Species: "mouse", Region: "V1, layer 2/3",
			Holds: Holds{Neurons: 334, Edges: 1_734, Positions: true, SynapseCounts: true, SynapseSizes: true},
			Sources: []Source{
				{URL: zenodo(7510511, "soma_subgraph_synapses_spines_v185.csv"), File: "soma_subgraph_synapses_spines_v185.csv", Size: 274_298,
					MD5: "5bbb8ff59dcad4ccea6d46930920cd04", SHA256: "ac22845bf2078fad27f895b0d4ab1f8b1bf980a2f00056be3f1eec6183770ae4"},
				{URL: zenodo(7510511, "soma_valence_v185.csv"), File: "soma_valence_v185.csv", MD5: "b7c349b1ecbdad46185bb98d88b96d20"},
			},
			Licence: Licence{Name: "unknown", URL: "https://zenodo.org/records/7510511", Note: "the record's own licence was not read"},
			Cite: []Citation{
				turner2022,
				{"Dorkenwald, S. et al. (2022). Binary and analog variation of synapses between cortical pyramidal neurons. eLife 11, e76120.", "10.7554/eLife.76120"},
				{"MICrONS layer 2/3 data tables, v185. Zenodo.", "10.5281/zenodo.7510511"},
			},
			Format:    "CAVE tables",
			Reading:   pinkyVoxels,
			Confirmed: true,
			Note: "Addresses and MD5 as published analyses of record 7510511 check them; the subgraph's file was compared by MD5 with a copy at hand. " +
				"334 neurons and 1,734 edges without autapses. Voxels are 3.58 x 3.58 x 40 nm.",
		},
		{
			Name: "microns-pinky100-synapses", Version: 1,
			Title:   "MICrONS phase 1 (pinky100), v185: all automatically detected synapses",
			Species: "mouse", Region: "V1, layer 2/3",
			Holds: Holds{Positions: true, SynapseCounts: true, SynapseSizes: true},
			Sources: []Source{
				{URL: zenodo(3710459, "soma_valence_v185.csv"), File: "soma_valence_v185.csv"},
				{URL: zenodo(3710459, "pni_synapses_v185.csv"), File: "pni_synapses_v185.csv"},
			},
			Licence: Licence{Name: "unknown", URL: "https://zenodo.org/records/3710459", Note: "the record's own licence was not read"},
			Cite: []Citation{
				turner2022,
				{"MICrONS layer 2/3 data tables, v185. Zenodo.", "10.5281/zenodo.3710459"},
			},
			Format:    "CAVE tables",
			Reading:   pinkyVoxels,
			Confirmed: true,
			Note: "Addresses from the Allen Institute's tutorial (OFS-EM-Connectomics), which says about 600 MB for the synapses and two meshes. Checksums are not known. " +
				"Most ends of synapses are pieces without a soma, which a reader leaves out.",
		},
	}
}
