using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("BuildFarm.BlobStore.Tests")]
