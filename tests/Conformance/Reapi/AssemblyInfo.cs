using BuildFarm.Conformance.Reapi.Support;
using Xunit;

[assembly: AssemblyFixture(typeof(ServerUnderTest))]
