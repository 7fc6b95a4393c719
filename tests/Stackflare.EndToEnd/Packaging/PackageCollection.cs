namespace Stackflare.EndToEnd.Packaging;

/// <summary>The tests of the packages share one set of them, and run by themselves: builds would disturb the tests that measure.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class PackageCollection : ICollectionFixture<Packages>;
