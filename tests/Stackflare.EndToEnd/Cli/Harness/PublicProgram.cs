using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A copy of a program and of the tool that everybody may run, wherever the repository is.</summary>
internal sealed class PublicProgram : IDisposable
{
    private const UnixFileMode Everybody = (UnixFileMode)0b111_101_101;

    private readonly TemporaryFolder _folder = new();

    public PublicProgram(Flavour flavour)
    {
        File.SetUnixFileMode(_folder.Path, Everybody);
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(flavour.Executable)!).Append(Cli.Harness.Tool.Path))
        {
            var copy = Path.Combine(_folder.Path, Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetUnixFileMode(copy, Everybody);
        }

        // For everybody's temporary files.
        TemporaryDirectory = Directory.CreateDirectory(Path.Combine(_folder.Path, "t")).FullName;
        File.SetUnixFileMode(TemporaryDirectory, UnixFileMode.StickyBit | (UnixFileMode)0b111_111_111);
        Flavour = flavour with { Executable = Path.Combine(_folder.Path, Path.GetFileName(flavour.Executable)) };
        Tool = Path.Combine(_folder.Path, Path.GetFileName(Cli.Harness.Tool.Path));
    }

    public Flavour Flavour { get; }

    public string Tool { get; }

    public string TemporaryDirectory { get; }

    public void Dispose() => _folder.Dispose();
}
