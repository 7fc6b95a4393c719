using System.Text;
using Stackflare.Writers.Text;

namespace Stackflare.Writers.Html;

/// <summary>The style sheet and the script of the page. The build makes one script of the modules in Page/, and hashes both.</summary>
internal static class PageResources
{
    private static readonly Lazy<byte[]> _style = new(static () => Read("page.css")), _script = new(static () => Read("page.js"));
    private static readonly Lazy<string> _policy = new(static () => $"default-src 'none'; style-src 'sha256-{Hash("page.css.sha256")}'; script-src 'sha256-{Hash("page.js.sha256")}'; base-uri 'none'; form-action 'none'");

    /// <summary>UTF-8.</summary>
    public static byte[] Style => _style.Value;

    /// <summary>UTF-8.</summary>
    public static byte[] Script => _script.Value;

    /// <summary>What the browser may do with the page: apply this style sheet and run this script, and nothing else.</summary>
    public static string Policy => _policy.Value;

    /// <summary>For the sentences that the page shares with the text formats.</summary>
    public static TextStyle TextStyle { get; } = TextStyle.Plain with { ShowsAll = "A page of everything" };

    private static string Hash(string name) => Encoding.UTF8.GetString(Read(name)).Trim();

    private static byte[] Read(string name)
    {
        using Stream resource = typeof(PageResources).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The resource {name} is missing.");
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
