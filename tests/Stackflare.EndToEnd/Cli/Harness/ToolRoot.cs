using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A root directory with the tool and an empty /proc, to which the real one is bound for each run.</summary>
internal sealed class ToolRoot : IDisposable
{
    private const string Name = "stackflare";

    private readonly TemporaryFolder _folder = new();

    public ToolRoot()
    {
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "proc"));
        Copy(Tool.Path, "/" + Name);
    }

    public string Path => _folder.Path;

    /// <summary>Runs the tool in this root, in mounts of its own, which end with it.</summary>
    public ToolOptions Options => new()
    {
        Launcher = ["unshare", "-m", "/bin/sh", "-c", "mount --rbind /proc \"$0/proc\" && exec chroot \"$0\" \"$@\"", Path],
        Executable = "/" + Name,
    };

    /// <summary>Copies a file to the same path in this root, or to another one.</summary>
    public void Copy(string file, string? to = null)
    {
        string path = Path + (to ?? file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.Copy(file, path);
    }

    public void Dispose() => _folder.Dispose();
}
