namespace Stackflare.Redacting;

/// <summary>Kinds of text that are replaced. The numbers are part of what is hashed: a key gives the same replacements as long as they stay.</summary>
internal enum NameKind : byte
{
    /// <summary>A namespace, type, method, module or program.</summary>
    Code = 1,

    /// <summary>A source file or a module's file.</summary>
    Path = 2,

    /// <summary>A thread.</summary>
    Thread = 3,

    /// <summary>The message of an exception.</summary>
    Message = 4,

    /// <summary>The path of a request.</summary>
    Request = 5,

    /// <summary>The method of a request.</summary>
    HttpMethod = 6,

    /// <summary>A trace id.</summary>
    Trace = 7,

    /// <summary>The other end of a connection.</summary>
    RemoteEnd = 8,
}
