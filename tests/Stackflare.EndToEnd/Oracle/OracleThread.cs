namespace Stackflare.EndToEnd.Oracle;

/// <summary>A thread as the debugger's library sees it.</summary>
internal sealed record OracleThread(int OsId, int ManagedId, string? Exception, IReadOnlyList<OracleFrame> Frames);
