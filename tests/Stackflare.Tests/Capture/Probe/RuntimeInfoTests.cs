using System.Text;
using Stackflare.Capture.Probe;
using Stackflare.Processes;

namespace Stackflare.Tests.Capture.Probe;

public sealed class RuntimeInfoTests
{
    [Fact]
    public void TellsWhatTheRuntimeAnswers()
    {
        RuntimeInfo? info = RuntimeInfo.Parse(Answer("/app/Shop --port 80", "Linux", "x64", "Shop", "10.0.12"));
        Assert.Equal(new RuntimeInfo("/app/Shop --port 80", "Shop", new Version(10, 0, 12)), info);
    }

    [Fact]
    public void PreviewsHaveAVersionToo() =>
        Assert.Equal(new Version(11, 0, 0), RuntimeInfo.Parse(Answer("", "", "", "", "11.0.0-preview.1.1234"))!.Version);

    [Fact]
    public void AnswersThatAreCutShortTellNothing()
    {
        byte[] answer = Answer("a", "b", "c", "d", "8.0.31");
        for (int length = 0; length < answer.Length; length++)
            Assert.Null(RuntimeInfo.Parse(answer.AsSpan(0, length)));
    }

    [Fact]
    public void AnsweringItselfWorks()
    {
        RuntimeInfo? info = RuntimeInfo.Ask(DiagnosticsSocket.FindOwn(), TimeSpan.FromMinutes(3));
        Assert.Equal(Environment.Version, info?.Version);
    }

    private static byte[] Answer(params string[] texts)
    {
        var bytes = new List<byte>(new byte[24]);
        foreach (string text in texts)
        {
            bytes.AddRange(BitConverter.GetBytes(text.Length + 1));
            bytes.AddRange(Encoding.Unicode.GetBytes(text + '\0'));
        }
        return [.. bytes];
    }
}
