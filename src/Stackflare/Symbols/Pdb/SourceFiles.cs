using Stackflare.Interop;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Pdb;

/// <summary>
/// Reads lines of source files that are confirmed to be the compiled ones. One object serves one resolve. It checks
/// each file once, and keeps no content afterwards. The results stay in the <see cref="SourceDocument"/>s.
/// </summary>
internal sealed class SourceFiles(string rootPrefix, int session)
{
    private readonly Dictionary<SourceDocument, SourceContent> _contents = [];
    private long _bytes;

    public SourceTextOrigin Line(SourceDocument document, int line, out string? text)
    {
        text = null;
        if (document.Hash is null)
            return SourceTextOrigin.NoChecksum;
        if (document.LookedAtIn != session)
            LookAt(document);
        if (document.Stamp is null)
            return SourceTextOrigin.FileNotFound;
        if (document.IsChanged)
            return SourceTextOrigin.FileChanged;
        if (document.Lines is not { } lines)
            document.Lines = lines = [];
        if (!lines.TryGetValue(line, out text))
        {
            SourceTextOrigin origin = Content(document, out SourceContent? content);
            if (content is null)
                return origin;
            // The file is the right one but does not have the line: a correct PDB never refers to such a line.
            text = content.Line(line);
            if (text is null)
                return SourceTextOrigin.FileNotFound;
            lines[line] = text;
            document.Retained += 64 + text.Length * sizeof(char);
        }
        return SourceTextOrigin.File;
    }

    private void LookAt(SourceDocument document)
    {
        document.LookedAtIn = session;
        var path = new RootedPath(rootPrefix, document.Path);
        FileStamp? stamp = null;
        // A relative path would depend on the current directory of this process.
        if (document.Path.StartsWith('/'))
        {
            stamp = RegularFile.Stat(path);
            if (stamp is null && rootPrefix.Length > 0)
                stamp = RegularFile.Stat(path = document.Path);
        }
        if (stamp == document.Stamp && path == document.FoundPath)
            return;
        document.FoundPath = path;
        document.Stamp = stamp;
        document.IsChanged = false;
        document.Lines = null;
        document.Retained = 0;
    }

    private SourceTextOrigin Content(SourceDocument document, out SourceContent? content)
    {
        if (_contents.TryGetValue(document, out content))
            return SourceTextOrigin.File;
        byte[]? bytes = RegularFile.TryRead(document.FoundPath!.Value, SymbolLimits.SourceBytes);
        if (bytes is null)
            return SourceTextOrigin.FileNotFound;
        byte[] hash = document.Hash!.Length == SourceHash.Sha256Bytes ? SourceHash.Sha256(bytes) : SourceHash.Sha1(bytes);
        if (!hash.AsSpan().SequenceEqual(document.Hash))
        {
            document.IsChanged = true;
            return SourceTextOrigin.FileChanged;
        }
        if (_bytes + bytes.Length > SymbolLimits.SourceBytesAtOnce)
        {
            _contents.Clear();
            _bytes = 0;
        }
        _bytes += bytes.Length;
        _contents[document] = content = new SourceContent(bytes);
        return SourceTextOrigin.File;
    }
}
