using k8s;
using k8s.Models;

namespace Stackflare.Tests;

/// <summary>The manifests in samples/Kubernetes are manifests, and fit each other and the docs.</summary>
public sealed class ManifestTests
{
    private static readonly string Folder = Path.Combine(Golden.RepositoryRoot, "samples", "Kubernetes");

    public static TheoryData<string> Deployments() => ["package.yaml", "startup-hook.yaml", "sidecar.yaml"];

    /// <summary>Every property has a name and a type that Kubernetes knows, and what they refer to is there.</summary>
    [Theory, MemberData(nameof(Deployments))]
    public void TheyAreValid(string file)
    {
        V1PodSpec pod = Pod(file);
        string[] volumes = [.. pod.Volumes.Select(v => v.Name)];
        IEnumerable<V1Container> containers = pod.Containers.Concat(pod.InitContainers ?? []);
        Assert.All(containers.SelectMany(c => c.VolumeMounts), m => Assert.Contains(m.Name, volumes));
        Assert.All(volumes, v => Assert.Contains(containers.SelectMany(c => c.VolumeMounts), m => m.Name == v));
        Assert.All(pod.Containers, c => Assert.All([c.ReadinessProbe, c.LivenessProbe], p => Assert.True(p is null || c.Ports.Any(port => port.Name == p.HttpGet.Port))));
    }

    /// <summary>Where the root cannot be written to, all that Stackflare and the runtime write is in a volume.</summary>
    [Theory, MemberData(nameof(Deployments))]
    public void WhatIsWrittenIsInAVolume(string file)
    {
        foreach (V1Container container in Pod(file).Containers)
        {
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
            string[] writable = [.. container.VolumeMounts.Where(m => m.ReadOnlyProperty is not true).Select(m => m.MountPath)];
            Assert.Contains("/tmp", writable);
            foreach (V1EnvVar variable in container.Env ?? [])
            {
                foreach (string path in (variable.Value ?? "").Split(';').Select(p => p.Replace("unix:", "", StringComparison.Ordinal)).Where(p => p.StartsWith('/') && variable.Name.StartsWith("STACKFLARE_", StringComparison.Ordinal)))
                    Assert.Contains(writable, w => path.StartsWith($"{w}/", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void TheirVariablesAreInTheDocs()
    {
        string documented = File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "docs", "variables.md"));
        V1EnvVar[] variables = [.. Deployments().SelectMany(f => Pod(f.Data).Containers).SelectMany(c => c.Env ?? []), .. DebugContainer().Env];
        string[] own = [.. variables.Select(v => v.Name).Where(n => n.StartsWith("STACKFLARE_", StringComparison.Ordinal)).Distinct()];
        Assert.True(own.Length > 4);
        Assert.All(own, n => Assert.Contains($"`{n}", documented, StringComparison.Ordinal));
    }

    /// <summary>The kernel lets the tool look at a process of the same user.</summary>
    [Fact]
    public void TheToolRunsAsTheUserOfTheService()
    {
        Assert.Equal(Pod("sidecar.yaml").SecurityContext.RunAsUser, DebugContainer().SecurityContext.RunAsUser);
        Assert.True(Pod("sidecar.yaml").ShareProcessNamespace);
    }

    private static V1PodSpec Pod(string file) => KubernetesYaml.Deserialize<V1Deployment>(File.ReadAllText(Path.Combine(Folder, file)), strict: true).Spec.Template.Spec;

    private static V1Container DebugContainer() => KubernetesYaml.Deserialize<V1Container>(File.ReadAllText(Path.Combine(Folder, "debug-container.yaml")), strict: true);
}
