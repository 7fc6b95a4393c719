namespace Stackflare.Symbols;

/// <summary>
/// Limits for reading the data of a target, which may be hostile: each loop over its data and each
/// allocation for it has one of these limits.
/// </summary>
internal static class SymbolLimits
{
    /// <summary>Estimated bytes of results that a program keeps between dumps of itself.</summary>
    public const int RetainedBytes = 1 << 20;

    /// <summary>The same for the tool, which may use more memory to avoid reading files again.</summary>
    public const int RetainedBytesInTool = 64 << 20;

    /// <summary>Time limit for the names and lines of one dump: far more than the largest dump needs with a disk.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(60);

    public const int MetadataBytes = 256 << 20;
    public const int PdbBytes = 256 << 20;
    public const int SourceBytes = 16 << 20;

    /// <summary>Source files in memory during one resolve.</summary>
    public const int SourceBytesAtOnce = 64 << 20;

    /// <summary>A single name in metadata, in UTF-8 bytes.</summary>
    public const int NameBytes = 2048;
    public const int PathBytes = 4096;
    public const int LineCharacters = 512;

    public const int TypeNameCharacters = 1024;
    public const int TypeNameDepth = 12;
    public const int TypeArguments = 32;

    /// <summary>Characters of type names in one resolve: many types, each with a long name, could exhaust memory.</summary>
    public const int TypeNameCharactersAtOnce = 4 << 20;

    public const int SignatureBytes = 64 << 10;
    public const int SignatureDepth = 24;
    public const int SignatureParameters = 256;
    public const int SignatureCharacters = 8192;
    public const int NestedTypes = 32;

    /// <summary>A method's IL with its exception regions.</summary>
    public const int MethodBodyBytes = 256 << 10;
    public const int ExceptionRegions = 1000;
    public const int CustomAttributes = 256;

    /// <summary>Places where one async method waits.</summary>
    public const int Awaits = 20_000;

    /// <summary>Awaits of a method that are compared because they look the same.</summary>
    public const int AwaitsAlike = 64;

    /// <summary>Members that are searched and places that are found, for all async methods of a module.</summary>
    public const int AsyncMembers = 2_000_000;

    /// <summary>Bytes of IL that are searched, for all async methods of a module.</summary>
    public const int AsyncCode = 256 << 20;

    /// <summary>The cost of each method in this limit, in addition to its IL.</summary>
    public const int MethodCost = 16 << 10;

    /// <summary>The same for the methods whose calls are read, with the same cost of each: some 2,000 methods of a module.</summary>
    public const int CallCode = 64 << 20;

    /// <summary>Methods that are read to find out whether one call can lead to a method, and levels of calls.</summary>
    public const int CalledMethods = 200;
    public const int CallDepth = 6;

    /// <summary>Types of a module that calls from other modules are searched in.</summary>
    public const int CalledTypes = 50_000;

    /// <summary>Methods or properties of one type that are searched.</summary>
    public const int TypeMembers = 20_000;

    /// <summary>Text of a file's saved symbols: many methods, each with a long name, could exhaust memory and disk.</summary>
    public const int SavedBytes = 64 << 20;

    /// <summary>Files and levels of subdirectories in an additional symbol directory.</summary>
    public const int FolderFiles = 500_000;
    public const int FolderDepth = 32;

    public const int BundleFiles = 16_384;
    public const int BundleSearchBytes = 256 << 20;
}
