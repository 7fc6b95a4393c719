namespace Stackflare.Cli;

/// <summary>The probe that the tool carries.</summary>
internal static class EmbeddedProbe
{
    public static byte[] Read()
    {
        using Stream resource = typeof(EmbeddedProbe).Assembly.GetManifestResourceStream("probe")!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
