namespace Stackflare.Cli;

/// <summary>The probes inside of the tool: for its own processor, one for each C library that it was built with.</summary>
internal static class EmbeddedProbe
{
    /// <summary>The probe for a runtime identifier; null if the tool does not contain it.</summary>
    public static byte[]? Find(string platform)
    {
        using Stream? resource = typeof(EmbeddedProbe).Assembly.GetManifestResourceStream("probe/" + platform);
        if (resource is null)
            return null;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
