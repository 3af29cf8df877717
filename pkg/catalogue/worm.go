package catalogue

import "fmt"

// The wheel of the C. elegans Connectome Toolbox (OpenWorm), from which several
// entries take one file each.
const (
	cect       = "cect==0.3.5"
	cectFile   = "cect-0.3.5-py3-none-any.whl"
	cectSize   = 13_634_816
	cectSHA256 = "ea47f7a6b0d69a8d0bd3b0ade4037b7cc32d31ad0449f823d7ec153d6fd25057"
)

var witvliet2021 = Citation{"Witvliet, D. et al. (2021). Connectomes across development reveal principles of brain maturation. Nature 596, 257-261.", "10.1038/s41586-021-03778-8"}

// wheel names one file of cect's, a matrix for each kind of connection.
func wheel(path string, size int64, sum string) []Source {
	return []Source{{Package: cect, File: cectFile, Size: cectSize, SHA256: cectSHA256, Members: []Member{{Path: path, File: "matrices.json", Size: size, SHA256: sum}}}}
}

func cectLicence() Licence {
	return Licence{Name: "MIT for the package", URL: "https://github.com/openworm/ConnectomeToolbox",
		Note: "read in the wheel; the data are those of the paper's supplement, which has terms of its own"}
}

// worm lists the reconstructions of C. elegans.
func worm() []Entry {
	const neuropull = "https://raw.githubusercontent.com/bdpedigo/neuropull/9297e3c48670d78f010ed1adf0544f83665445d8/data/c_elegans_hermaphrodite/"
	all := []Entry{
		{
			Name: "celegans-cook2019-hermaphrodite", Version: 1,
			Title:   "C. elegans, whole animal, adult hermaphrodite (Cook 2019)",
			Species: "C. elegans", Region: "whole animal, with muscles and other end organs",
			Holds: Holds{Neurons: 473, Edges: 4_841, SynapseCounts: true},
			Sources: []Source{
				{URL: neuropull + "nodes.csv.gz", File: "nodes.csv.gz", Size: 2_448, SHA256: "13f065b99ae493003e43b9375bcdef1cb5d25481152ccda1a9137f9a3c0177b3"},
				{URL: neuropull + "edgelist.csv.gz", File: "edgelist.csv.gz", Size: 29_150, SHA256: "123d08d51f825eac63530bb88b17e0078ef4ed1792930351140fda5129e79506"},
			},
			Licence: Licence{Name: "MIT for the repository", URL: "https://github.com/bdpedigo/neuropull", Note: "the data are those of the paper's supplement, which has terms of its own"},
			Cite:    []Citation{{"Cook, S. J. et al. (2019). Whole-animal connectomes of both Caenorhabditis elegans sexes. Nature 571, 63-71.", "10.1038/s41586-019-1352-7"}},
			Format:  "neuropull edge list", Confirmed: true,
			Note: "The repository's listing has both files; sizes and SHA-256 are those of a copy at hand, taken at this commit. Cells and chemical edges, without autapses, as counted in that copy; electrical weights have a column of their own.",
		},
		{
			Name: "celegans-varshney2011", Version: 1,
			Title:   "C. elegans, somatic nervous system, adult hermaphrodite (Varshney 2011)",
			Species: "C. elegans", Region: "whole animal without pharynx",
			Holds:   Holds{Neurons: 281, Edges: 2_309, SynapseCounts: true},
			Sources: wheel("cect/cache/VarshneyDataReader.json", 2_068_386, "da9a971f3d4c34b394dd3839dc3e3c8a73634d7f193680caaff11d0fc2a6086e"),
			Tables:  MatrixTables, Licence: cectLicence(),
			Cite:   []Citation{{"Varshney, L. R. et al. (2011). Structural properties of the Caenorhabditis elegans neuronal network. PLoS Comput. Biol. 7, e1001066.", "10.1371/journal.pcbi.1001066"}},
			Format: "neuropull edge list", Confirmed: true,
			Note: "Fetched and opened when this entry was written. Neurons as counted in the file: one of the 281 names, BWM, stands for all body wall muscles. Edges are chemical; gap junctions are in a column of their own.",
		},
		{
			Name: "celegans-witvliet2021-h5", Version: 1,
			Title:   "C. elegans brain at eight ages in one file (Witvliet 2021)",
			Species: "C. elegans", Region: "nerve ring and ventral ganglion",
			Holds: Holds{Neurons: 324, Edges: 3_676, SynapseCounts: true},
			Sources: []Source{{
				Package: "connectome-utilities==0.4.16", File: "connectome_utilities-0.4.16-py3-none-any.whl", Size: 32_814_593,
				SHA256: "3e759b6cd998bfa7fe02eda2475bb3622c28709ed32332eb5b50bb6862f1433f",
				Members: []Member{{Path: "examples/data/C_elegans_witvliet.h5", File: "C_elegans_witvliet.h5", Size: 9_722_255,
					SHA256: "7330ee5cac690c67b2684c42bb82a2e0ede47d9fe4a30c6b4d806de18d50e2d1"}},
			}},
			Licence: Licence{Name: "Apache-2.0 for the package", URL: "https://github.com/BlueBrain/ConnectomeUtilities", Note: "read in the wheel; the data are those of the paper's supplement, which has terms of its own"},
			Cite:    []Citation{witvliet2021},
			Format:  "ConnectivityMatrix HDF5, groups chemical, electrical, combined", Open: "C_elegans_witvliet.h5", Confirmed: true,
			Reading: "the file holds three groups: go run ./datasets convert NAME OUT -population chemical/full_matrix; of the eight ages the first is read, and celegans-witvliet2021-1 to -8 have each",
			Note:    "Fetched and opened when this entry was written. 324 cells with muscles and glia; 3,676 chemical edges present at one age or more, eight columns of synapse counts, one an age.",
		},
	}
	return append(all, witvliet()...)
}

// witvliet lists the eight ages one by one, as cect counts them.
func witvliet() []Entry {
	ages := []struct {
		age          string
		cells, edges int
		size         int64
		sum          string
	}{
		{"L1, at birth", 187, 775, 919_699, "2656a6c34944bb84f1b8eed8ec5666016fbfd0b8d8db02bb160746c5afa02687"},
		{"L1", 194, 986, 989_417, "ac972ce70e6a569d7c120f66dae535e20527293c1463f366fbe3e6fe44345d90"},
		{"L1", 198, 1_012, 1_030_407, "e7c1b023c18402037b4499956642721126b946ff516024de19335855183c89d3"},
		{"L1", 204, 1_136, 1_093_439, "8e6b5ca9afcaf58834aacc74cb9784a634947b2eed5238395e281f2cae4e680c"},
		{"L2", 211, 1_515, 1_169_366, "34511bf183edecb2ed9109b17b5b33499dbc6556637fa265008a13e0ce517e7d"},
		{"L3", 216, 1_525, 1_225_156, "e3b73f6e976e37d737ae5530933eb2d7f8e8fe80ca0b554116136ad2da1319eb"},
		{"adult", 222, 2_202, 1_293_934, "aeff178edcc14f5e818f6c54a138bffcfd5aab27dd8153e2906de1fd6cd8669f"},
		{"adult", 219, 2_186, 1_259_359, "3d2de8dc9e23f663d074dfbb2371367d64ec64ebc8469234e4f14ef78d539ad7"},
	}
	var all []Entry
	for i, a := range ages {
		all = append(all, Entry{
			Name: fmt.Sprintf("celegans-witvliet2021-%d", i+1), Version: 1,
			Title:   fmt.Sprintf("C. elegans brain, animal %d of 8: %s (Witvliet 2021)", i+1, a.age),
			Species: "C. elegans", Region: "nerve ring and ventral ganglion",
			Holds:   Holds{Neurons: a.cells, Edges: a.edges, SynapseCounts: true},
			Sources: wheel(fmt.Sprintf("cect/cache/WitvlietDataReader%d.json", i+1), a.size, a.sum),
			Tables:  MatrixTables, Licence: cectLicence(), Cite: []Citation{witvliet2021},
			Format: "neuropull edge list", Confirmed: true,
			Note: "Fetched and opened when this entry was written. Cells as counted in the file, with muscles and glia; edges are chemical, gap junctions are in a column of their own.",
		})
	}
	return all
}
