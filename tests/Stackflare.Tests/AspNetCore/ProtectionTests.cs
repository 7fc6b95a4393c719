using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stackflare.Tests.AspNetCore;

/// <summary>An endpoint that anybody could use keeps the service from starting, except while it is developed.</summary>
public sealed class ProtectionTests
{
    private static readonly Dictionary<string, Action<WebApplication>> Open = new()
    {
        ["nothing"] = static a => a.MapStackflare(),
        ["any host"] = static a => a.MapStackflare().RequireHost("*"),
        ["any host and port"] = static a => a.MapStackflare().RequireHost("example.org", "*:*"),
        ["another endpoint's"] = static a =>
        {
            a.MapGet("/", () => "").RequireAuthorization();
            a.MapStackflare();
        },
        ["a group"] = static a => a.MapGroup("/ops").MapStackflare(),
    };

    private static readonly Dictionary<string, Action<WebApplication>> Protected = new()
    {
        ["authorization"] = static a => a.MapStackflare().RequireAuthorization(),
        ["a policy"] = static a => a.MapStackflare().RequireAuthorization(new AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build()),
        ["a host"] = static a => a.MapStackflare().RequireHost("ops.internal"),
        ["a port"] = static a => a.MapStackflare().RequireHost("*:9000"),
        ["explicitly open"] = static a => a.MapStackflare().AllowAnonymous(),
        ["a group's authorization"] = static a => a.MapGroup("/ops").RequireAuthorization().MapStackflare(),
        ["a group's authorization, added later"] = static a =>
        {
            RouteGroupBuilder group = a.MapGroup("/ops");
            group.MapStackflare();
            group.RequireAuthorization();
        },
    };

    public static TheoryData<string> OpenOnes => [.. Open.Keys];

    public static TheoryData<string> ProtectedOnes => [.. Protected.Keys];

    [Theory, MemberData(nameof(OpenOnes))]
    public async Task WhatIsOpenIsRefusedAtTheStartWithTheRemedy(string name)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => WebService.StartAsync(Open[name], services: Authorization));
        Assert.Contains("RequireAuthorization", error.Message, StringComparison.Ordinal);
        Assert.Contains("AllowAnonymous", error.Message, StringComparison.Ordinal);
        Assert.Contains("/debug/stackflare'", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(OpenOnes))]
    public async Task InDevelopmentItIsServed(string name)
    {
        await using WebService service = await WebService.StartAsync(Open[name], "Development", services: Authorization);
        using HttpResponseMessage answer = await service.GetAsync((name == "a group" ? "/ops" : "") + "/debug/stackflare?format=folded");
        Assert.Equal(StatusCodes.Status200OK, (int)answer.StatusCode);
    }

    [Theory, MemberData(nameof(ProtectedOnes))]
    public async Task WhatIsProtectedStarts(string name)
    {
        await using WebService service = await WebService.StartAsync(Protected[name], services: Authorization);
        using HttpResponseMessage answer = await service.GetAsync((name.StartsWith("a group", StringComparison.Ordinal) ? "/ops" : "") + "/debug/stackflare?format=folded");
        Assert.Equal(name switch { "explicitly open" => 200, "a host" or "a port" => 404, _ => 401 }, (int)answer.StatusCode);
    }

    [Fact]
    public async Task WithoutItsServicesTheMappingNamesThem()
    {
        await using WebApplication application = WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("AddStackflare", Assert.Throws<InvalidOperationException>(() => application.MapStackflare()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheEndpointHasANameAndIsInNoDescription()
    {
        await using WebService service = await WebService.StartAsync(static a => a.MapStackflare("/x").AllowAnonymous());
        Endpoint endpoint = Assert.Single(service.Services.GetRequiredService<EndpointDataSource>().Endpoints);
        Assert.Equal("Stackflare thread dump", endpoint.DisplayName);
        Assert.True(endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>()?.ExcludeFromDescription);
    }

    /// <summary>A scheme that knows nobody.</summary>
    private static void Authorization(IServiceCollection services) => services.AddAuthorization().AddAuthentication("none").AddCookie("none", o => o.Events.OnRedirectToLogin = c =>
    {
        c.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    });
}
