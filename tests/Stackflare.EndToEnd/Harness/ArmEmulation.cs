namespace Stackflare.EndToEnd.Harness;

/// <summary>Programs for arm64, run by an emulator with Debian's libraries for cross-compiling.</summary>
internal static class ArmEmulation
{
    private const string Root = "/usr/aarch64-linux-gnu";

    /// <summary>What there is not that would be needed; null where everything is there.</summary>
    public static string? Missing =>
        Command.Find("aarch64-linux-gnu-gcc") is null ? "aarch64-linux-gnu-gcc is not installed"
        : Command.Find("qemu-aarch64") is null ? "qemu-aarch64 (qemu-user) is not installed"
        : !File.Exists($"{Root}/lib/libstdc++.so.6") ? "a libstdc++ for arm64 (libstdc++6-arm64-cross) is not installed"
        : null;

    public static Command Run(string program) => new("qemu-aarch64", "-L", Root, program);
}
