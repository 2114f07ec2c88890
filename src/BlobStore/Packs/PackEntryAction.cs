namespace BuildFarm.BlobStore.Packs;

/// <summary>Looks at an entry; must not call the table.</summary>
internal delegate void PackEntryAction(in PackEntry entry);
