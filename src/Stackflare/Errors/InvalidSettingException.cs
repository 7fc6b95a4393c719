namespace Stackflare;

/// <summary>A setting in the environment has a value that it cannot have.</summary>
public sealed class InvalidSettingException : StackflareException
{
    internal InvalidSettingException(string name, string value, string expected)
        : base($"{name} is '{value}'.", $"Set it to {expected}.")
    {
    }
}
