namespace Stackflare.Symbols;

/// <summary>
/// Bounds on what is read from, or on behalf of, a target. A target may be hostile: each loop over its data and each
/// allocation in its name obeys one of these.
/// </summary>
internal static class SymbolLimits
{
    /// <summary>Estimated bytes of finished results that a program keeps between two dumps of itself.</summary>
    public const int RetainedBytes = 1 << 20;

    /// <summary>The same for a tool, which may take memory for what it has to find out again otherwise.</summary>
    public const int RetainedBytesInTool = 64 << 20;

    /// <summary>How long names and lines of one dump may take: far more than the largest needs from a disk.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(60);

    public const int MetadataBytes = 256 << 20;
    public const int PdbBytes = 256 << 20;
    public const int SourceBytes = 16 << 20;

    /// <summary>Source files held in memory during one resolve.</summary>
    public const int SourceBytesAtOnce = 64 << 20;

    /// <summary>A single name out of metadata, in UTF-8 bytes.</summary>
    public const int NameBytes = 2048;
    public const int PathBytes = 4096;
    public const int LineCharacters = 512;

    public const int TypeNameCharacters = 1024;
    public const int TypeNameDepth = 12;
    public const int TypeArguments = 32;

    /// <summary>Characters of type names made up in one resolve: many types, each with a long name, are a way to exhaust memory.</summary>
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

    /// <summary>Awaits of a method that are looked at because they look alike.</summary>
    public const int AwaitsAlike = 64;

    /// <summary>Members that are searched, and places that are found, for all async methods of a module.</summary>
    public const int AsyncMembers = 2_000_000;

    /// <summary>Bytes of IL that are searched for all async methods of a module; each method costs some.</summary>
    public const int AsyncCode = 256 << 20;

    /// <summary>What each method costs of that, besides its IL.</summary>
    public const int MethodCost = 16 << 10;

    /// <summary>Methods or properties of one type that are searched.</summary>
    public const int TypeMembers = 20_000;

    /// <summary>Text of a file's saved symbols: many methods, each with a long name, are a way to exhaust memory and disk.</summary>
    public const int SavedBytes = 64 << 20;

    /// <summary>Files, and levels of directories, that are looked at in a directory of symbols.</summary>
    public const int FolderFiles = 500_000;
    public const int FolderDepth = 32;

    public const int BundleFiles = 16_384;
    public const int BundleSearchBytes = 256 << 20;
}
