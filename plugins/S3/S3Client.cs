using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.S3;
using Amazon.S3.Internal.S3Express;
using PluginRuntime.Connectors.Jail;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.S3;

/// <summary>
/// The SDK's client, with everything fixed that it would look up in the host's environment, in files of the host's user or at the machine's
/// metadata service, on connections of the instance's network, and without tries of its own.
/// </summary>
internal sealed class S3Client : AmazonS3Client
{
    private readonly InstanceCredentials? _credentials;

    // The SDK's own monitoring sends datagrams past the instance's network when the host's environment says so.
    static S3Client() => AWSConfigs.CSMConfig.CSMEnabled = false;

    private S3Client(AWSCredentials credentials, AmazonS3Config config)
        : base(credentials, config)
    {
        _credentials = credentials as InstanceCredentials;
        RuntimePipeline.AddHandler(new Refreshing(_credentials));
        (config.EndpointProvider as GivenHost)?.Enter(RuntimePipeline);

        // What has nothing to do here would be compiled all the same, in each load context.
        RuntimePipeline.RemoveHandler<MetricsHandler>();
        RuntimePipeline.RemoveHandler<CompressionHandler>();
        RuntimePipeline.RemoveHandler<EndpointDiscoveryHandler>();
        RuntimePipeline.RemoveHandler<S3ExpressPreSigner>();
    }

    /// <summary>Asks the host for the credentials, for what is signed without a request.</summary>
    internal Task RefreshAsync(CancellationToken cancellationToken) => _credentials?.RefreshAsync(cancellationToken) ?? Task.CompletedTask;

    /// <exception cref="ConnectorException">The instance's host is none.</exception>
    internal static S3Client Create(ConnectorContext context, S3Settings settings, HttpClient http)
    {
        var isAmazon = context.Host is null || context.Host.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase);
        var config = new AmazonS3Config
        {
            ForcePathStyle = settings.PathStyle ?? !isAmazon,
            UseHttp = !settings.Tls,
            HttpClientFactory = new Connections(http),
            MaxErrorRetry = 0,
            RetryMode = RequestRetryMode.Standard,
            ThrottleRetries = false,
            DefaultConfigurationMode = DefaultConfigurationMode.Standard,
            IgnoreConfiguredEndpointUrls = true,
            UseDualstackEndpoint = false,
            UseFIPSEndpoint = false,
            UseArnRegion = false,
            DisableMultiregionAccessPoints = true,
            DisableS3ExpressSessionAuth = true,
            USEast1RegionalEndpointValue = S3UsEast1RegionalEndpointValue.Regional,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            AccountIdEndpointMode = AccountIdEndpointMode.DISABLED,
            ClientAppId = "PluginRuntime",
            DisableRequestCompression = true,
            RequestMinCompressionSizeBytes = 0,
            EndpointDiscoveryEnabled = false,
            MaxStaleConnectionRetries = 0,
            DisableClockSkewCorrection = false,
            AuthSchemePreference = ["sigv4"],
            SigV4aSigningRegionSet = [settings.Region],
            AllowAutoRedirect = false,
            DisableLogging = true,
            LogResponse = false,
            LogMetrics = false,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (context.Host is not { } host)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
        }
        else if (Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6)
        {
            var name = Uri.CheckHostName(host) is UriHostNameType.IPv6 ? $"[{host.Trim('[', ']')}]" : host;
            config.ServiceURL = $"{(settings.Tls ? "https" : "http")}://{name}{(context.Port is { } port ? $":{port}" : "")}";
            config.AuthenticationRegion = settings.Region;
            if (config.ForcePathStyle)
            {
                config.EndpointProvider = new GivenHost(config.ServiceURL + settings.Bucket, settings.Region);
            }
        }
        else
        {
            throw JailFailure.Input("The instance's 'host' is no host name and no IP address.");
        }

        return new(context.Credentials.Type == CredentialTypes.None ? new AnonymousAWSCredentials() : new InstanceCredentials(context, settings.SessionToken), config);
    }

    /// <summary>One client of .NET for all requests, whose connections go through the instance's network.</summary>
    private sealed class Connections(HttpClient http) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => http;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }

    /// <summary>The credentials as the host gave them last. The SDK asks for them where it cannot wait.</summary>
    private sealed class InstanceCredentials(ConnectorContext context, string? sessionToken) : AWSCredentials
    {
        private volatile ImmutableCredentials? _current;

        public override ImmutableCredentials GetCredentials() => _current ?? throw new InvalidOperationException("The credentials were not asked for.");

        internal async Task RefreshAsync(CancellationToken cancellationToken) =>
            _current = context.Credentials.Username is { } key && await context.Credentials.GetSecretAsync(cancellationToken) is { } secret
                ? new(key, secret.Reveal(), sessionToken)
                : throw new ConnectorException(ConnectorErrorKind.Auth, "The instance's credentials have no user name or no password.", wasSent: false);
    }

    /// <summary>Asks the host before each request, because what it gives may change.</summary>
    private sealed class Refreshing(InstanceCredentials? credentials) : PipelineHandler
    {
        public override async Task<T> InvokeAsync<T>(IExecutionContext executionContext)
        {
            if (credentials is not null)
            {
                await credentials.RefreshAsync(executionContext.RequestContext.CancellationToken);
            }

            return await base.InvokeAsync<T>(executionContext);
        }
    }
}
