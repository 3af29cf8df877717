package catalogue

// fly lists the reconstructions of Drosophila.
func fly() []Entry {
	const (
		neuropull   = "https://raw.githubusercontent.com/bdpedigo/neuropull/9297e3c48670d78f010ed1adf0544f83665445d8/data/maggot_brain/"
		annotations = "https://raw.githubusercontent.com/flyconnectome/flywire_annotations/ebd66db2596fcc39c6950fb54ea3efa00f7fe8a0/supplemental_files/"
		shiu        = "https://raw.githubusercontent.com/philshiu/Drosophila_brain_model/91bdd1e7dcf193f3e7ca5a8933497fcef63b7960/"
	)
	types := Source{URL: annotations + "Supplemental_file1_neuron_annotations.tsv", File: "Supplemental_file1_neuron_annotations.tsv",
		SHA256: "30be6c73975a70c56d930e27911f36455d3886e15abf383b78edd2a5d679e0b6"}
	dorkenwald := Citation{"Dorkenwald, S. et al. (2024). Neuronal wiring diagram of an adult brain. Nature 634, 124-138.", "10.1038/s41586-024-07558-y"}
	schlegel := Citation{"Schlegel, P. et al. (2024). Whole-brain annotation and multi-connectome cell typing of Drosophila. Nature 634, 139-152.", "10.1038/s41586-024-07686-5"}
	return []Entry{
		{
			Name: "drosophila-larva-winding2023", Version: 1,
			Title:   "Drosophila, brain of the first-instar larva (Winding 2023)",
			Species: "Drosophila melanogaster, larva", Region: "brain",
			Holds: Holds{Neurons: 3_066, Edges: 110_140, Classes: true, SynapseCounts: true},
			Sources: []Source{
				{URL: neuropull + "nodes.csv.gz", File: "nodes.csv.gz", Size: 48_295, SHA256: "862a20694b7c00f1574a26405c89d6495a857a68c0da5bd216211e556798ad6a"},
				{URL: neuropull + "edgelist.csv.gz", File: "edgelist.csv.gz", Size: 608_594, SHA256: "88efab8e5e3ed8515d1e0663046dfe26a7cd9c551e64ce222690ffc531544025"},
			},
			Licence: Licence{Name: "MIT for the repository", URL: "https://github.com/bdpedigo/neuropull", Note: "the data are those of the paper's supplement, which has terms of its own"},
			Cite:    []Citation{{"Winding, M. et al. (2023). The connectome of an insect brain. Science 379, eadd9330.", "10.1126/science.add9330"}},
			Format:  "neuropull edge list", Confirmed: true,
			Note: "The repository's listing has both files; sizes and SHA-256 are those of a copy at hand, taken at this commit. 110,677 rows, of which 110,140 are edges between different neurons.",
		},
		mushroomBody("left", 209, 7_425,
			Member{Size: 87_769, SHA256: "f23ba630f10dff95164ddbbdccf7d4fe1ac01a9a8ed77db26069af4a6248a1cf"},
			Member{Size: 418, SHA256: "a733652a33d5dde5c7cbdc9d8c0e679680cd000dc11edf3ea762a4da43b764c9"}),
		mushroomBody("right", 213, 7_536,
			Member{Size: 91_164, SHA256: "b9684d323e3f91ac5bf8c3691ff3e0635ef40fa2dee8e048161633760c84791d"},
			Member{Size: 426, SHA256: "80547ac9df6b3fc5abe5844c04bc5da56b48c7cac5eb13ab3cc2f8695cd6de1d"}),
		{
			Name: "flywire-783", Version: 1,
			Title:   "FlyWire, whole adult female brain, release 783: connections by neuropil, cell types",
			Species: "Drosophila melanogaster, adult", Region: "whole brain",
			Holds: Holds{Neurons: 139_255, Positions: true, Classes: true, SynapseCounts: true},
			Sources: []Source{
				{URL: zenodo(10676866, "proofread_connections_783.feather"), File: "proofread_connections_783.feather",
					Size: 852_022_274, MD5: "f48f972d262323a102aed49af1396b8a"},
				{URL: zenodo(10676866, "proofread_root_ids_783.npy"), File: "proofread_root_ids_783.npy", Size: 1_114_168},
				types,
			},
			Licence: Licence{Name: "CC BY 4.0", URL: "https://zenodo.org/records/10676866", Note: "as others read it in the record; FlyWire's own page asks for non-commercial use of the images below it"},
			Cite:    []Citation{dorkenwald, schlegel, {"FlyWire Consortium (2024). FlyWire whole-brain connectome connectivity data, version 783.0. Zenodo.", "10.5281/zenodo.10676866"}},
			Format:  "Arrow feather table with pre_pt_root_id, post_pt_root_id, neuropil, syn_count",
			Reading: `feather is not read here; in Python, in the dataset's folder, with PLAIN a new one that is then read:
    import pandas as pd
    e = pd.read_feather("proofread_connections_783.feather").groupby(["pre_pt_root_id", "post_pt_root_id"], as_index=False)["syn_count"].sum()
    n = pd.read_csv("Supplemental_file1_neuron_annotations.tsv", sep="\t", low_memory=False)[["root_id", "super_class"]]
    e.set_axis(["pre", "post", "synapses"], axis=1).to_csv("PLAIN/edges.csv", index=False)
    n.set_axis(["id", "class"], axis=1).to_csv("PLAIN/neurons.csv", index=False)`,
			Confirmed: true,
			Note: "Record 10676866 describes the files; addresses, sizes and the MD5 as published pipelines check them. Cell types are release v2.1.0 of flywire_annotations. " +
				"A row is a pair in one neuropil: sum over neuropils for edges. Codex has the same tables behind a sign-in.",
		},
		{
			Name: "flywire-783-pairs", Version: 1,
			Title:   "FlyWire, whole adult female brain, release 783: one row a pair of neurons (Shiu 2024)",
			Species: "Drosophila melanogaster, adult", Region: "whole brain",
			Holds: Holds{Neurons: 138_639, Edges: 15_091_983, Positions: true, Classes: true, SynapseCounts: true},
			Sources: []Source{
				{URL: shiu + "Connectivity_783.parquet", File: "Connectivity_783.parquet", Size: 100_804_642,
					SHA256: "efeb23fb99098e9c390f6869969b2a121a2ee92c833cfc45ecb2c1d8e1af0347"},
				{URL: shiu + "Completeness_783.csv", File: "Completeness_783.csv", Size: 3_327_347,
					SHA256: "bbb847a4cc2caaa7a16349722d220c087317b946d148d4d592d94d250617a311"},
				types,
			},
			Licence: Licence{Name: "MIT for the repository, CC BY 4.0 for the data", URL: "https://github.com/philshiu/Drosophila_brain_model", Note: "as others read them"},
			Cite:    []Citation{dorkenwald, schlegel, {"Shiu, P. K. et al. (2024). A Drosophila computational brain model reveals sensorimotor processing. Nature 634, 210-219.", "10.1038/s41586-024-07763-9"}},
			Format:  "edge table in parquet: Presynaptic_ID, Postsynaptic_ID, Connectivity; neurons: root_id, super_class, pos_x, pos_y, pos_z",
			Reading: `parquet with these columns is not read here; in Python, in the dataset's folder, with PLAIN a new one that is then read:
    import pandas as pd
    e = pd.read_parquet("Connectivity_783.parquet")[["Presynaptic_ID", "Postsynaptic_ID", "Connectivity"]]
    n = pd.read_csv("Supplemental_file1_neuron_annotations.tsv", sep="\t", low_memory=False)[["root_id", "super_class"]]
    e.set_axis(["pre", "post", "synapses"], axis=1).to_csv("PLAIN/edges.csv", index=False)
    n.set_axis(["id", "class"], axis=1).to_csv("PLAIN/neurons.csv", index=False)`,
			Confirmed: true,
			Note:      "Addresses, sizes and SHA-256 as several published pipelines pin them. Cell types are release v2.1.0 of flywire_annotations; the size of that file, 32 MB, is not known exactly.",
		},
	}
}

// mushroomBody is one hemisphere of the larval mushroom body, from the wheel of
// graspologic. Kenyon cells (rows) reach output neurons (columns) by 9,147 synapses
// on the left and by none the other way: a row is a presynaptic neuron.
func mushroomBody(side string, neurons, edges int, adjacency, labels Member) Entry {
	adjacency.Path, adjacency.File = "graspologic/datasets/drosophila/"+side+"_adjacency.csv", "adjacency.txt"
	labels.Path, labels.File = "graspologic/datasets/drosophila/"+side+"_cell_labels.csv", "labels.txt"
	return Entry{
		Name: "drosophila-larva-mushroom-body-" + side, Version: 1,
		Title:   "Drosophila, " + side + " mushroom body of the first-instar larva (Eichler 2017)",
		Species: "Drosophila melanogaster, larva", Region: side + " mushroom body",
		Holds: Holds{Neurons: neurons, Edges: edges, Classes: true, SynapseCounts: true},
		Sources: []Source{{
			Package: "graspologic==3.4.4", File: "graspologic-3.4.4-py3-none-any.whl", Size: 5_200_993,
			SHA256:  "4ea5cd50f10eaff3fa90f18a8f66b1f5f42c724ac6aeb95e9f081632fc8d2d00",
			Members: []Member{adjacency, labels},
		}},
		Tables:  LabelledTables,
		Licence: Licence{Name: "MIT for the package", URL: "https://github.com/graspologic-org/graspologic", Note: "read in the wheel; the data are those of the paper's supplement, which has terms of its own"},
		Cite:    []Citation{{"Eichler, K. et al. (2017). The complete connectome of a learning and memory centre in an insect brain. Nature 548, 175-182.", "10.1038/nature23455"}},
		Format:  "neuropull edge list", Confirmed: true,
		Note: "Fetched and opened when this entry was written. Neurons have no names in the file: they are numbered in its order. Classes: K Kenyon cell, I input, O output, P projection neuron.",
	}
}
