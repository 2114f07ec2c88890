using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("BuildFarm.Cache.Tests")]
