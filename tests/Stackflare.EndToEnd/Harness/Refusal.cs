namespace Stackflare.EndToEnd.Harness;

/// <summary>The error that a target got from the library.</summary>
internal sealed record Refusal(string Error, string Problem, string Remedy, string Message);
