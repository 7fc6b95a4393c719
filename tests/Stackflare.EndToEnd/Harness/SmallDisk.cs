namespace Stackflare.EndToEnd.Harness;

/// <summary>A file system of a few pages in memory, which is soon full.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="options">As for mount, for example <c>size=64k</c>.</param>
    /// <param name="readOnly">Whether nobody may write.</param>
    public SmallDisk(string options, bool readOnly = false) => Kernel.MountTmpfs(_folder.Path, options, readOnly);

    public string Folder => _folder.Path;

    /// <summary>Takes all the room there is.</summary>
    /// <param name="path">The file to do it with.</param>
    public void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            for (; ; )
                file.Write(page);
        }
        catch (IOException)
        {
            // Full: what this method is for.
            return;
        }
    }

    public void Dispose()
    {
        Kernel.Unmount(_folder.Path);
        _folder.Dispose();
    }
}
